# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After a failure: out of the way with the container that failed, and back to the old one."""

from __future__ import annotations

from functools import partial

from ansible_collections.longshore.containers.plugins.module_utils._container import (
    health_word,
    state_word,
)
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import DockerError
from ansible_collections.longshore.containers.plugins.module_utils._health_probe import ask
from ansible_collections.longshore.containers.plugins.module_utils._policy_handover import arm
from ansible_collections.longshore.containers.plugins.module_utils._restart_policy import (
    NEVER_STARTED,
    policy_to_set,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_plan import (
    unused_images,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_report import Report
from ansible_collections.longshore.containers.plugins.module_utils._switch_settle import stand_down
from ansible_collections.longshore.containers.plugins.module_utils._switch_trial import start_again

LOG_LINES_OF_EACH = 25

# What the daemon notes as the exit code where the image has no such program, or one that cannot be
# executed (moby daemon/start.go, translateContainerdStartErr).
NO_PROGRAM = (126, 127)

# What a daemon says that has no room to start a container.
NO_ROOM = "no space left"


def health_of_old(old, health):
    """Return what to ask of the container that runs now, should it have to be put back.

    The probe may be as new as the release: one that the old container did not answer while it was
    serving would not tell whether it serves again.
    """
    if old is None or not old.running or (health.has_probe and ask(health, old)):
        return health._replace(url="", tcp="")
    return health


def give_up(engine, plan, order, trial, *, old_health):
    """Take the failed target out of the way and put the old container back; the Report of it."""
    failed = engine.inspect(plan.target.id)
    seen = {} if trial.daemon_lost else _last_seen(engine, failed, trial)
    verb = "was not judged" if trial.daemon_lost else "failed"
    reason = f"{order.name} {verb}: {trial.reason}"
    if failed is not None and failed.is_trial:
        reason += _halt(engine, failed, order)
    back = partial(put_back, engine, plan.current, old_health, advice=_advice(trial, order))
    report = back(reason=reason)
    if report.outcome == "failed" and NO_ROOM in report.reason.lower() and _is_new(failed):
        report = back(reason=reason + _make_room(engine, failed))
    if report.outcome == "failed" and plan.current is not None:
        return _both_failed(engine, plan, report._replace(**seen))
    warnings = _clear_away(engine, plan, order)
    # `restored` is a verdict on the image, and there is none without a daemon to see it fail.
    outcome = "failed" if trial.daemon_lost else report.outcome
    return report._replace(outcome=outcome, warnings=warnings, **seen)


def _make_room(engine, failed):
    """Remove what failed and may be what filled the disk; its last lines are read already."""
    try:
        engine.remove(failed, volumes=True)
    except DockerError as exc:
        return f"; the disk is full, and removing it failed too: {exc}"
    return "; it was removed, because the disk is full"


def _advice(trial, order):
    if order.restore_container and trial.blames_image:
        return "it had run before: read its log, then deploy another digest"
    return trial.advice


def _last_seen(engine, failed, trial):
    log = tuple(engine.log(failed)) if failed is not None and failed.was_started else ()
    if not _was_judged(failed, trial):
        return {"health": "", "log": log}
    if trial.seen is not None:
        failed = failed._replace(probe=trial.seen.probe)
    return {"health": last_health(failed), "log": log}


def _was_judged(failed, trial):
    """Whether the container itself failed: not where it was paused, or the daemon refused it."""
    if failed is None or failed.paused:
        return False
    return not trial.refused or failed.exit_code in NO_PROGRAM


def _halt(engine, failed, order):
    # A failed container that cannot be stopped must not keep the old one from being started.
    try:
        engine.stop(failed, order.stop_timeout)
    except DockerError as exc:
        return f"; stopping it failed too: {exc}"
    return ""


def put_back(engine, old, health, *, reason, advice):
    """Start the old container again, if there is one; the Report of it."""
    if old is None:
        return Report("failed", f"{reason}; there was no container to put back: {advice}")
    problem, seen = start_again(engine, old, health)
    runs = seen is not None and seen.running and not _keeps_restarting(seen, old)
    if problem and not (runs and old.health == "unhealthy"):
        hint = f"the old container {old.name} does not run well either: {problem}"
        said = f"{reason}; {hint}: look at this host now"
        return Report("failed", said, previous=old, running=seen if runs else None)
    as_before = ", as unhealthy as it was" if problem else ""
    never_stopped = old.running and seen.started_at == old.started_at
    verb = "was never stopped" if never_stopped else "runs again"
    hint = f"the old container {old.name} {verb}{as_before}"
    unarmed = _arm(engine, seen)
    hint += f", but {unarmed}; then" if unarmed else ":"
    return Report("restored", f"{reason}; {hint} {advice}", previous=old, running=seen)


def _keeps_restarting(seen, old):
    # A daemon counts from 0 again when it is asked to start a container that does not run.
    before = old.restart_count if seen.started_at == old.started_at else 0
    return seen.restarting or seen.restart_count > before


def _arm(engine, old):
    """Let the old container start after a reboot, as it did; why it does not, or empty."""
    wanted = policy_to_set(old.wanted_policy)
    return "" if old.policy == wanted else arm(engine, old, wanted)


def yield_to(engine, plan, order, reason):
    """Let go of a target that fell ill while another one still runs beside it; the Report of it."""
    old = max(plan.strays, key=lambda each: each.last_start)
    _arm(engine, old)
    log = tuple(engine.log(plan.target))
    engine.stop(plan.target, order.stop_timeout)
    armed = arm(engine, plan.target, NEVER_STARTED)
    why = "; ".join([f"{order.name} ran beside {old.name}, but {reason}", *([armed] * bool(armed))])
    health = health_of_old(old, order.health)
    report = put_back(engine, old, health, reason=why, advice="fix the image and push again")
    return report._replace(log=log)


def _both_failed(engine, plan, report):
    # Both stay for whoever looks at the host; the next switch clears the failed one away.
    both = [(e, engine.inspect(e.id)) for e in (plan.target, plan.current)]
    # By the names that they have now: a trial that failed keeps its suffix.
    states = "; ".join(f"{(seen or known).name}: {condition(seen)}" for known, seen in both)
    old = both[1][1]
    log = [*report.log[-LOG_LINES_OF_EACH:], *_titled(engine, old)] if report.log else report.log
    return report._replace(reason=f"{report.reason} ({states})", log=tuple(log))


def _titled(engine, old):
    if old is None:
        return []
    return [f"--- {old.name}:", *engine.log(old)[-LOG_LINES_OF_EACH + 1 :]]


def condition(container):
    """Say what a container does, for people who have to mend it."""
    if container is None:
        return "gone"
    if container.restarting:
        return f"restarting, last exit code {container.exit_code}"
    if container.running:
        return f"{state_word(container)}, {health_word(container)}"
    return f"{state_word(container)} with code {container.exit_code}"


def _clear_away(engine, plan, order):
    failed = engine.inspect(plan.target.id)
    try:
        # Side by side they were left running, in case that the old one could not be put back.
        for each in plan.strays if order.is_beside else ():
            engine.stop(each, order.stop_timeout)
        stand_down(engine, order)
        if _is_new(failed):
            _discard(engine, failed, order)
    except DockerError as exc:
        return (f"{order.name} failed and could not be cleared away: {exc}",)
    return ()


def _is_new(failed):
    """Whether it is on trial for the first time: what had served before is never removed for it."""
    return failed is not None and failed.is_trial and not failed.is_returning


def _discard(engine, failed, order):
    engine.remove(failed, volumes=True)
    remaining = engine.survey(order.app)
    for image in unused_images([failed], remaining, protect=order.protect):
        engine.remove_image(image)


def last_health(container):
    """Say how a container was doing; empty where there is none."""
    return "" if container is None else health_word(container)
