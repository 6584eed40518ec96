# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After a success: who starts after a reboot, and what may be removed."""

from __future__ import annotations

import time

from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import DockerError
from ansible_collections.longshore.containers.plugins.module_utils._switch_plan import (
    prunable,
    unused_images,
)

STALE_AFTER_S = 3600


def settle(engine, plan, order):
    """After success: hand over, stop the old one, remove what is old; (changed, warnings)."""
    try:
        touched = _hand_over(engine, plan, order)
        if order.retire:
            touched = _retire(engine, plan, order) or touched
        stand_down(engine, order, but=plan.target)
        removed = _prune(engine, plan, order)
    except DockerError as exc:
        # The new container serves: that is a success which must not be undone for tidiness.
        return True, (f"{order.name} runs, but tidying up failed: {exc}",)
    return touched or removed, _mentioned(plan, order)


def _hand_over(engine, plan, order):
    touched = False
    for each in sorted(engine.survey(order.app), key=lambda e: e.id != plan.target.id):
        wanted = each.wanted_policy if each.id == plan.target.id else "no"
        if each.policy != wanted:
            engine.set_policy(each, wanted)
            touched = True
    return touched


def _retire(engine, plan, order):
    others = [e for e in engine.survey(order.app) if e.running and e.id != plan.target.id]
    if others and order.is_beside:
        time.sleep(order.drain)
    for each in others:
        engine.stop(each, order.stop_timeout)
    return bool(others)


def _mentioned(plan, order):
    # Side by side, a second one is what a switch that was cut off leaves; else somebody started it.
    if order.is_beside:
        return ()
    return tuple(f"{each.name} ran too and was stopped" for each in plan.strays)


def _prune(engine, plan, order):
    containers = engine.survey(order.app)
    stale = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - STALE_AFTER_S))
    going = prunable(
        containers,
        target=plan.target,
        keep=order.keep,
        stale_before=stale,
        protect=order.protect,
    )
    for each in going:
        # A container that served may hold data in an anonymous volume: that is not ours to delete.
        engine.remove(each, volumes=not each.was_started)
    remaining = [each for each in containers if each not in going]
    for image in unused_images(going, remaining, protect=order.protect):
        engine.remove_image(image)
    return bool(going)


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
