# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After a failure: out of the way with the container that failed, and back to the old one."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.longshore.containers.plugins.module_utils.container_state import (
    health_word,
)
from ansible_collections.longshore.containers.plugins.module_utils.docker_socket import DockerError
from ansible_collections.longshore.containers.plugins.module_utils.switch_plan import (
    unused_images,
)
from ansible_collections.longshore.containers.plugins.module_utils.switch_report import Report
from ansible_collections.longshore.containers.plugins.module_utils.switch_trial import start_again


def give_up(engine, plan, order, trial):
    """Take the failed target out of the way and put the old container back; the Report of it."""
    failed = engine.inspect(plan.target.id)
    seen = {} if trial.daemon_lost else _last_seen(engine, failed)
    verb = "was not judged" if trial.daemon_lost else "failed"
    reason = f"{order.name} {verb}: {trial.reason}"
    if failed is not None and failed.is_trial:
        reason += _halt(engine, failed, order)
    report = put_back(engine, plan.current, order, reason=reason, advice=trial.advice)
    warnings = ()
    if failed is not None and failed.is_trial:
        warnings = _discard(engine, failed, served_before=plan.target.was_started)
    # `restored` is a verdict on the image, and there is none without a daemon to see it fail.
    outcome = "failed" if trial.daemon_lost else report.outcome
    return replace(report, outcome=outcome, warnings=warnings, **seen)


def _last_seen(engine, failed):
    log = tuple(engine.log(failed)) if failed is not None and failed.was_started else ()
    return {"health": last_health(failed), "log": log}


def _halt(engine, failed, order):
    # A failed container that cannot be stopped must not keep the old one from being started.
    try:
        engine.stop(failed, order.stop_timeout)
    except DockerError as exc:
        return f"; stopping it failed too: {exc}"
    return ""


def put_back(engine, old, order, *, reason, advice):
    """Start the old container again, if there is one; the Report of it."""
    if old is None:
        return Report("failed", f"{reason}; there was no container to put back: {advice}")
    problem, seen = start_again(engine, old, order)
    if problem and not (seen is not None and seen.running and old.health == "unhealthy"):
        hint = f"the old container {old.name} does not run well either: {problem}"
        return Report("failed", f"{reason}; {hint}: look at this host now", previous=old)
    as_before = ", as unhealthy as it was" if problem else ""
    hint = f"the old container {old.name} runs again{as_before}"
    return Report("restored", f"{reason}; {hint}: {advice}", previous=old, running=seen)


def _discard(engine, failed, *, served_before):
    try:
        engine.remove(failed, volumes=not served_before)
        for image in unused_images([failed], engine.survey(failed.app)):
            engine.remove_image(image)
    except DockerError as exc:
        return (f"{failed.name} failed and could not be removed: {exc}",)
    return ()


def last_health(container):
    """Say how a container was doing; empty where there is none."""
    return "" if container is None else health_word(container)
