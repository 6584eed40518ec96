# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Doing a switch: the thin edge around switch_plan. The order of the steps is the safety.

At every moment the daemon's own state tells a second run where a first one died:
a started container is called `<name>-trial` until it has proved itself, the old one keeps its
name and restart policy until then, and nothing is removed before its successor serves.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from ansible_collections.longshore.containers.plugins.module_utils.container_state import (
    TRIAL_SUFFIX,
    health_word,
)
from ansible_collections.longshore.containers.plugins.module_utils.docker_socket import DockerError
from ansible_collections.longshore.containers.plugins.module_utils.switch_plan import (
    KEEP,
    RESUME,
    current_of,
    image_problem,
    leftovers_of,
    plan_switch,
    target_problem,
    unused_images,
)
from ansible_collections.longshore.containers.plugins.module_utils.switch_settle import settle
from ansible_collections.longshore.containers.plugins.module_utils.switch_trial import (
    await_proof,
    start_again,
    start_and_await,
)


@dataclass(frozen=True)
class Order:
    """What is asked for. Times are in seconds; `stop_timeout` None is the container's own."""

    app: str
    name: str
    digest: str
    timeout: float
    stable_for: float
    keep: int
    stop_timeout: int | None = None
    platform: str | None = None


@dataclass(frozen=True)
class Report:
    """What became of it, in the words of the outcome callback."""

    outcome: str
    reason: str
    changed: bool = True
    health: str = ""
    log: tuple = field(default_factory=tuple)
    previous: object = None
    running: object = None
    warnings: tuple = field(default_factory=tuple)


def switch(engine, order):
    """Make `order.name` the running container of the app, or put the old one back."""
    strangers = engine.strangers(order.app)
    return _mention(strangers, _switch(engine, order))


def _switch(engine, order):
    containers = engine.survey(order.app)
    target = engine.inspect(order.name)
    problem = _problem(engine, target, order)
    if problem:
        return _refuse(engine, containers, order, problem)
    plan = plan_switch(containers, target)
    _clear(engine, plan.leftovers, order)
    if plan.action == KEEP:
        return _confirm(engine, plan, order)
    if plan.action == RESUME:
        return _resume(engine, plan, order)
    return _replace(engine, plan, order)


def predict(engine, order):
    """Say what `switch` would do, changing nothing; the target need not be staged yet."""
    strangers = engine.strangers(order.app)
    return _mention(strangers, _predict(engine, order))


def _mention(strangers, report):
    if not strangers:
        return report
    return replace(report, reason=f"{report.reason}; left alone: {', '.join(strangers)}")


def _predict(engine, order):
    containers = engine.survey(order.app)
    target = engine.inspect(order.name)
    if target is None:
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


def _problem(engine, target, order):
    if target is None:
        return f"the container {order.name} is not on this host: stage the release first"
    found = target_problem(target, app=order.app, digest=order.digest)
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
    return _put_back(engine, current, order, f"{problem}; a switch before this one was cut off")


def _clear(engine, leftovers, order):
    for each in leftovers:
        if each.running:
            engine.stop(each, order.stop_timeout)
        # On trial for going back, it may have served before: its data is not ours to delete.
        engine.remove(each, volumes=False)


def _confirm(engine, plan, order):
    age = time.time() - plan.target.started_epoch
    wanted = max(0.0, order.stable_for - max(0.0, age))
    reason, seen = await_proof(engine, plan.target, timeout=order.timeout, stable_for=wanted)
    if reason:
        return Report(
            "failed",
            f"{order.name} runs this digest already, but {reason}; nothing was changed: read its "
            "log, then deploy another digest",
            changed=bool(plan.leftovers),
            health=_health(seen),
            log=tuple(engine.log(plan.target)),
            running=seen,
        )
    touched, warnings = settle(engine, plan, order)
    changed = touched or bool(plan.leftovers)
    reason = "runs this digest already"
    return Report("unchanged", reason, changed, health_word(seen), running=seen, warnings=warnings)


def _resume(engine, plan, order):
    for each in plan.strays:
        engine.stop(each, order.stop_timeout)
    reason, seen = start_and_await(engine, plan.target, order)
    if reason:
        return Report(
            "failed",
            f"{order.name} had stopped and was started again, but {reason}; no other one "
            "ran since, so none was put back: read its log, then deploy another digest",
            health=_health(seen),
            log=tuple(engine.log(plan.target)),
        )
    _touched, warnings = settle(engine, plan, order)
    return Report(
        "updated",
        "had stopped and runs again",
        health=health_word(seen),
        running=seen,
        warnings=warnings,
    )


def _replace(engine, plan, order):
    reason, seen = _try_target(engine, plan, order)
    if reason:
        return _give_up(engine, plan, order, reason)
    _take_name(engine, plan.target, order)
    _touched, warnings = settle(engine, plan, order)
    return Report(
        "updated",
        f"runs {order.name}",
        health=health_word(seen),
        previous=plan.current,
        running=seen,
        warnings=warnings,
    )


def _take_name(engine, target, order):
    # While the name was free, another run may have staged the same release once more.
    again = engine.inspect(order.name)
    if again is not None and again.is_ours and not again.was_started:
        engine.remove(again, volumes=True)
    engine.rename(target, order.name)


def _try_target(engine, plan, order):
    """Return (why it failed or an empty string, the target as last seen)."""
    try:
        for each in (*plan.strays, plan.current):
            if each is not None and each.running:
                engine.stop(each, order.stop_timeout)
        engine.rename(plan.target, order.name + TRIAL_SUFFIX)
        return start_and_await(engine, plan.target, order)
    except DockerError as exc:
        return str(exc), None


def _give_up(engine, plan, order, reason):
    """Take the failed target out of the way and put the old container back."""
    failed = engine.inspect(plan.target.id)
    health = _health(failed)
    log = tuple(engine.log(failed)) if failed is not None and failed.was_started else ()
    if failed is not None and failed.is_trial:
        reason += _halt(engine, failed, order)
    report = _put_back(engine, plan.current, order, f"{order.name} failed: {reason}")
    warnings = ()
    if failed is not None and failed.is_trial:
        warnings = _discard(engine, failed, served_before=plan.target.was_started)
    return replace(report, health=health, log=log, warnings=warnings)


def _halt(engine, failed, order):
    # A failed container that cannot be stopped must not keep the old one from being started.
    try:
        engine.stop(failed, order.stop_timeout)
    except DockerError as exc:
        return f"; stopping it failed too: {exc}"
    return ""


def _put_back(engine, old, order, reason):
    if old is None:
        hint = "there was no container to put back"
        return Report("failed", f"{reason}; {hint}: fix the image and deploy again")
    problem, seen = start_again(engine, old, order)
    if problem and not (seen is not None and seen.running and old.health == "unhealthy"):
        hint = f"the old container {old.name} does not run well either: {problem}"
        return Report("failed", f"{reason}; {hint}: look at this host now", previous=old)
    as_before = ", as unhealthy as it was" if problem else ""
    hint = f"the old container {old.name} runs again{as_before}"
    return Report(
        "restored", f"{reason}; {hint}: fix the image and push again", previous=old, running=seen
    )


def _discard(engine, failed, *, served_before):
    try:
        engine.remove(failed, volumes=not served_before)
        for image in unused_images([failed], engine.survey(failed.app)):
            engine.remove_image(image)
    except DockerError as exc:
        return (f"{failed.name} failed and could not be removed: {exc}",)
    return ()


def _health(container):
    return "" if container is None else health_word(container)
