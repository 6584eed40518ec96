# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Doing a switch: the thin edge around switch_plan. The order of the steps is the safety.

At every moment the daemon's own state tells a second run where a first one died:
a started container is called `<name>-trial` (`<name>-return` if it had served before) until it has
proved itself, the old one keeps its name and restart policy until then, and nothing is removed
before its successor serves.
"""

from __future__ import annotations

from ansible_collections.longshore.containers.plugins.module_utils._arguments import STOP_FIRST
from ansible_collections.longshore.containers.plugins.module_utils._check_times import too_slow
from ansible_collections.longshore.containers.plugins.module_utils._container import (
    RETURN_SUFFIX,
    TRIAL_SUFFIX,
    health_word,
)
from ansible_collections.longshore.containers.plugins.module_utils._disk_room import (
    starting_problem,
)
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import DockerError
from ansible_collections.longshore.containers.plugins.module_utils._env_secrets import masked
from ansible_collections.longshore.containers.plugins.module_utils._policy_handover import (
    handover_problem,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_back import (
    give_up,
    health_of_old,
    put_back,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_plan import (
    KEEP,
    RESUME,
    beside_problem,
    current_of,
    image_problem,
    label_problem,
    leftovers_of,
    plan_switch,
    return_problem,
    target_problem,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_ready import (
    is_unstaged,
    no_way_back,
    part_problem,
    take_back,
    unready_problem,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_report import (
    Report,
    volumes_left,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_resume import (
    confirm,
    resume,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_settle import settle
from ansible_collections.longshore.containers.plugins.module_utils._switch_times import WAY_BACK
from ansible_collections.longshore.containers.plugins.module_utils._switch_trial import (
    on_trial,
    start_and_await,
)

# What runs already, or ran last, has only to prove itself.
_PROVE = {KEEP: confirm, RESUME: resume}


def switch(engine, order):
    """Make the target the running container of the app, or put the old one back."""
    with engine.cached_reads():
        order = named(engine, order)
        strangers = engine.strangers(order.app)
        # Read now: what fails may be gone by the time that its failure is told.
        secrets = [pair for each in engine.survey(order.app) for pair in engine.secrets(each)]
        try:
            report = _switch(engine, order)
        except DockerError as exc:
            report = Report("failed", f"{exc}; then run again")
    return told(order, strangers, _without(secrets, report))


def named(engine, order):
    """Return the order with the name of the container that it is to go back to, if to one."""
    found = engine.inspect(order.restore_container) if order.restore_container else None
    return order if found is None else order._replace(name=found.release_name)


def _without(secrets, report):
    warnings = tuple(masked(each, secrets) for each in report.warnings)
    return report._replace(reason=masked(report.reason, secrets), warnings=warnings)


def _switch(engine, order):
    containers = engine.survey(order.app)
    target = _target(engine, order)
    problem = _problem(engine, target, order)
    if problem:
        report = _refuse(engine, containers, order, problem)
        return report._replace(staged=not is_unstaged(engine, target, order))
    order = _feasible(order, target)
    plan = plan_switch(containers, target)
    # Before they are asked for room: what a switch that was cut off left may be what takes it.
    _clear(engine, plan.leftovers, order)
    if plan.action in _PROVE:
        with engine.fresh_reads():
            return _PROVE[plan.action](engine, plan, order)
    problem = starting_problem(engine.free_bytes()) or unready_problem(engine, plan, order)
    if problem and plan.current is not None and plan.current.running:
        runs = take_back(engine, plan, order)
        return Report("failed", problem, bool(plan.leftovers), running=runs)
    # Before the handover is tried: that changes something, and ends what was read.
    warning = no_way_back(engine, plan, order)
    problem = handover_problem(engine, target, plan.in_the_way)
    if problem:
        return _refuse(engine, engine.survey(order.app), order, problem)
    with engine.fresh_reads():
        report = _replace(engine, plan, order)
    return report._replace(warnings=report.warnings + (warning,) * bool(warning))


def predict(engine, order):
    """Say what `switch` would do, changing nothing; the target need not be staged yet."""
    order = named(engine, order)
    strangers = engine.strangers(order.app)
    return told(order, strangers, _predict(engine, order))


def told(order, strangers, report):
    """Return a Report that says what it is about, and which containers were left alone."""
    left_alone = [f"left alone: {', '.join(strangers)}"] if strangers else []
    reason = "; ".join([report.reason, *report.warnings, *left_alone])
    return report._replace(container=order.name, reason=reason)


def _feasible(order, target):
    # What served before need not be fit to run beside another: a restore must not fail for that.
    unfit = order.restore_container and beside_problem(target, order.health)
    return order._replace(strategy=STOP_FIRST) if unfit else order


def _predict(engine, order):
    containers = engine.survey(order.app)
    target = _target(engine, order)
    if is_unstaged(engine, target, order) and not order.restore_container:
        return Report(
            "updated",
            f"would switch to {order.name} (staged first)",
            previous=current_of(containers),
        )
    problem = _problem(engine, target, order)
    if problem:
        return Report("failed", problem, changed=False, running=current_of(containers))
    plan = plan_switch(containers, target)
    changed = plan.action != KEEP or bool(plan.leftovers or plan.strays)
    outcome = "unchanged" if plan.action == KEEP else "updated"
    reason = f"would {plan.action} {order.name}"
    return Report(outcome, reason, changed, previous=plan.current, running=target)


def _target(engine, order):
    return engine.inspect(order.restore_container or order.name)


def _problem(engine, target, order):
    if order.restore_container:
        # What it was made from was checked before it served, and may bear no digest any more.
        return return_problem(target, restore_container=order.restore_container) or target_problem(
            target, app=order.app, digest=order.digest
        )
    if target is None:
        return f"the container {order.name} is not on this host: stage the release first"
    found = (
        target_problem(target, app=order.app, digest=order.digest)
        or label_problem(target)
        or part_problem(engine, target, order)
    )
    if not found and order.is_beside:
        found = beside_problem(target, order.health)
    if not found and not target.running:
        found = too_slow(target.check_times, order.health.timeout)
    if found:
        return found
    image = engine.image(target.image_id)
    arch = engine.architecture()
    return image_problem(image, digest=order.digest, host_arch=arch, platform=order.platform)


def _refuse(engine, containers, order, problem):
    # Only a switch that was cut off may have left the host without its container; otherwise
    # a stopped container is somebody's wish.
    leftovers, current = leftovers_of(containers), current_of(containers)
    if not leftovers or current is None or current.running:
        return Report("failed", problem, changed=False, running=current)
    _clear(engine, leftovers, order)
    why = f"{problem}; a switch before this one was cut off"
    health = health_of_old(None, order.health)
    with order.times.taken(WAY_BACK):
        return put_back(engine, current, health, reason=why, advice="deploy again")


def _clear(engine, leftovers, order):
    for each in leftovers:
        if each.running:
            engine.stop(each, order.stop_timeout)
        # One that had served before is kept, and called by its name again at the end.
        if not each.is_returning:
            engine.remove(each, volumes=True)


def _replace(engine, plan, order):
    old_health = health_of_old(plan.current, order.health)
    trial = on_trial(engine, lambda: _try_target(engine, plan, order))
    if trial.reason:
        with order.times.taken(WAY_BACK):
            return give_up(engine, plan, order, trial, old_health=old_health)
    _take_name(engine, plan.target, order)
    report = Report(
        "updated",
        f"runs {order.name}{trial.remark}",
        health=health_word(trial.seen),
        previous=plan.current,
        running=trial.seen,
        warnings=volumes_left(plan.current, trial.seen),
    )
    return settle(engine, plan, order).judge(report)


def _take_name(engine, target, order):
    # While the name was free, another run may have staged the same release once more.
    again = engine.inspect(order.name)
    if again is not None and again.is_ours and not again.was_started:
        engine.remove(again, volumes=True)
    engine.rename(target, order.name)


def _try_target(engine, plan, order):
    """Start the target in place of what serves, or beside it; (why it failed or empty, it)."""
    if not order.is_beside:
        _stop_what_serves(engine, plan, order)
    target = engine.inspect(plan.target.id) or plan.target
    if not target.is_trial:
        suffix = RETURN_SUFFIX if target.was_started else TRIAL_SUFFIX
        engine.rename(target, order.name + suffix)
    return start_and_await(engine, target, order)


def _stop_what_serves(engine, plan, order):
    for each in plan.in_the_way:
        # Asked anew: a daemon that was restarted since has started it again.
        seen = engine.inspect(each.id)
        if seen is not None and seen.running:
            engine.stop(seen, order.stop_timeout)
