# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A switch to the container that serves already, or that served last and has stopped.

Nothing was in its place since, so nothing is put back where it does not prove itself.
"""

from __future__ import annotations

import time

from ansible_collections.longshore.containers.plugins.module_utils._container import health_word
from ansible_collections.longshore.containers.plugins.module_utils._switch_back import (
    last_health,
    yield_to,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_report import Report
from ansible_collections.longshore.containers.plugins.module_utils._switch_settle import settle
from ansible_collections.longshore.containers.plugins.module_utils._switch_times import WAY_BACK
from ansible_collections.longshore.containers.plugins.module_utils._switch_trial import (
    await_proof,
    on_trial,
    start_and_await,
)


def confirm(engine, plan, order):
    age = time.time() - plan.target.started_epoch
    wanted = max(0.0, order.health.stable_for - max(0.0, age))
    health = order.health._replace(stable_for=wanted, start_period=0)
    reason, seen = await_proof(engine, plan.target, health)
    if reason and order.is_beside and plan.strays:
        with order.times.taken(WAY_BACK):
            return yield_to(engine, plan, order, reason)._replace(health=last_health(seen))
    if reason:
        return Report(
            "failed",
            f"{order.name} runs this digest already, but {reason}; nothing was changed: read its "
            "log, then deploy another digest",
            changed=bool(plan.leftovers),
            health=last_health(seen),
            log=tuple(engine.log(plan.target)),
            running=seen,
        )
    settled = settle(engine, plan, order)
    changed = settled.touched or bool(plan.leftovers)
    reason = "runs this digest already"
    return settled.judge(Report("unchanged", reason, changed, health_word(seen), running=seen))


def resume(engine, plan, order):
    for each in plan.strays:
        engine.stop(each, order.stop_timeout)
    trial = on_trial(engine, lambda: start_and_await(engine, plan.target, order))
    if trial.reason:
        return _not_resumed(engine, plan, order, trial)
    report = Report(
        "updated",
        f"had stopped and runs again{trial.remark}",
        health=health_word(trial.seen),
        running=trial.seen,
    )
    return settle(engine, plan, order).judge(report)


def _not_resumed(engine, plan, order, trial):
    advice = "read its log, then deploy another digest" if trial.blames_image else trial.advice
    report = Report(
        "failed",
        f"{order.name} had stopped and was started again, but {trial.reason}; no other one ran "
        f"since, so none was put back: {advice}",
    )
    if trial.daemon_lost:
        return report
    log = tuple(engine.log(plan.target))
    return report._replace(health=last_health(trial.seen), log=log)
