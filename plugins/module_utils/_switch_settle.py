# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After a success: who starts after a reboot, and what may be removed."""

from __future__ import annotations

import time
from typing import NamedTuple

from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import DockerError
from ansible_collections.longshore.containers.plugins.module_utils._policy_handover import (
    hand_over,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_plan import (
    prunable,
    unused_images,
)

STALE_AFTER_S = 3600


class Settlement(NamedTuple):
    """What was done after the target proved itself.

    `problems` are sentences on what keeps the host from being what was asked for; `warnings` on
    what is merely untidy.
    """

    touched: bool = False
    problems: tuple = ()
    warnings: tuple = ()

    def judge(self, report):
        """Return the Report of a success, or of a failure if the host is not as asked for."""
        report = report._replace(warnings=(*report.warnings, *self.warnings))
        if not self.problems:
            return report
        reason = f"{report.reason}, but {'; '.join(self.problems)}, then deploy again"
        return report._replace(outcome="failed", changed=True, reason=reason)


def settle(engine, plan, order):
    """Hand over the restart policy, stop the old one, remove what is old; the Settlement of it."""
    with engine.cached_reads():
        return _settle(engine, plan, order)


def _settle(engine, plan, order):
    touched, problems = hand_over(engine, engine.survey(order.app), plan.target)
    if order.retire:
        stopped, running = _retire(engine, plan, order)
        touched, problems = touched or stopped, problems + running
    warnings = _mentioned(plan, order)
    try:
        stand_down(engine, order, but=plan.target)
        touched = _prune(engine, plan, order) or touched
    except DockerError as exc:
        # The new container serves: that is a success which must not be undone for tidiness.
        warnings += (f"{order.name} runs, but tidying up failed: {exc}",)
    return Settlement(touched, problems, warnings)


def _retire(engine, plan, order):
    """Stop all others; (whether there were any, problems)."""
    others = [e for e in engine.survey(order.app) if e.running and e.id != plan.target.id]
    if others and order.is_beside:
        time.sleep(order.drain)
    problems = ()
    for each in others:
        try:
            engine.stop(each, order.stop_timeout)
        except DockerError as exc:
            said = f"{each.name} still runs beside it: {exc}; stop it (docker stop {each.name})"
            problems += (said,)
    return bool(others), problems


def _mentioned(plan, order):
    # Side by side, a second one is what a switch that was cut off leaves; else somebody started it.
    if order.is_beside:
        return ()
    return tuple(f"{each.name} ran too and was stopped" for each in plan.strays)


def _prune(engine, plan, order):
    containers = engine.survey(order.app)
    going = old_ones(containers, plan.target, order)
    for each in going:
        # A container that served may hold data in an anonymous volume: that is not ours to delete.
        engine.remove(each, volumes=not each.was_started)
    remaining = [each for each in containers if each not in going]
    for image in unused_images(going, remaining, protect=order.protect):
        engine.remove_image(image)
    return bool(going)


def old_ones(containers, target, order):
    """Return what may be removed once `target` serves."""
    stale = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - STALE_AFTER_S))
    return prunable(
        containers, target=target, keep=order.keep, stale_before=stale, protect=order.protect
    )


def stand_down(engine, order, *, but=None):
    """Stop those that were to return and did not, and call them again what they were called."""
    for each in engine.survey(order.app):
        if not each.is_returning or (but is not None and each.id == but.id):
            continue
        if each.running:
            engine.stop(each, order.stop_timeout)
        if engine.inspect(each.release_name) is None:
            engine.rename(each, each.release_name)
        else:
            # The same release was staged anew: that one is as good to go back to.
            engine.remove(each, volumes=False)
