# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a switch would find nothing to do, as far as that is seen at once. Changes nothing."""

from __future__ import annotations

import time

from ansible_collections.longshore.containers.plugins.module_utils._container import health_word
from ansible_collections.longshore.containers.plugins.module_utils._policy_handover import (
    policies_due,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_report import (
    Report,
    result_of,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_run import (
    named,
    predict,
    told,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_settle import old_ones
from ansible_collections.longshore.containers.plugins.module_utils._switch_trial import await_proof

# In which a container that is healthy has shown it. One that needs longer is left to the switch,
# which waits for as long as `health.timeout` says.
AT_ONCE_S = 3.0


def unchanged_result(engine, order):
    """Return what container_switch would answer where it would do nothing; {} where it might.

    Raises DockerError where the daemon cannot be asked.
    """
    began = time.monotonic()
    report = unchanged(engine, order)
    if report is None:
        return {}
    daemon = engine.identity()
    return result_of(report, order, daemon=daemon, began=began, ended=time.monotonic())


def unchanged(engine, order):
    """Return the Report of a switch that would do nothing, or None where it might do something."""
    with engine.cached_reads():
        return _unchanged(engine, order)


def _unchanged(engine, order):
    order = named(engine, order)
    foreseen = predict(engine, order)
    target = foreseen.running
    if foreseen.outcome != "unchanged" or foreseen.changed:
        return None
    if _has_work(engine, target, order) or _is_young(target, order):
        return None
    within = min(AT_ONCE_S, order.health.timeout)
    health = order.health._replace(stable_for=0, start_period=0, timeout=within)
    reason, seen = await_proof(engine, target, health)
    if reason:
        return None
    word = health_word(seen)
    report = Report("unchanged", "runs this digest already", False, word, running=seen)
    return told(order, engine.strangers(order.app), report)


def _has_work(engine, target, order):
    """Whether something would be removed, be called otherwise, or get another restart policy."""
    containers = engine.survey(order.app)
    on_their_way = any(each.is_trial or each.is_returning for each in containers)
    return bool(
        on_their_way or policies_due(containers, target) or old_ones(containers, target, order)
    )


def _is_young(target, order):
    return time.time() - target.started_epoch < order.health.stable_for
