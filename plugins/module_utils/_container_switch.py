# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module container_switch does on a host: swap the running container for another."""

from __future__ import annotations

import time

from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import (
    DockerError,
    DockerSocket,
)
from ansible_collections.longshore.containers.plugins.module_utils._engine import Engine
from ansible_collections.longshore.containers.plugins.module_utils._host_lock import (
    LockError,
    host_lock,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_options import (
    order_problem,
    ordered,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_report import (
    Order,
    Report,
    result_of,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_run import (
    predict,
    switch,
)

# Longer than any switch: three waits for health (new, once more if the daemon went away, then old
# again), as many stops, and slack.
LOCK_SLACK_S = 120


def run(module) -> None:
    """Do what the arguments of `module` ask: an AnsibleModule, or a HostRun (`_host_run`)."""
    order = ordered(module.params)
    problem = order_problem(order)
    if problem:
        module.fail_json(msg=problem)
    engine = Engine(DockerSocket(module.params["socket"]))
    started = time.monotonic()
    try:
        if module.check_mode:
            report = predict(engine, order)
        else:
            with _alone(module, order) as waited_for:
                started = time.monotonic()
                report = _noting(waited_for, switch(engine, order))
    except (DockerError, LockError, OSError) as exc:
        report = Report("failed", f"{exc}; then run again", changed=False)
    ended = time.monotonic()
    finish(module, order, report, daemon=_daemon(engine), began=started, ended=ended)


def finish(module, order: Order, report: Report, *, daemon, began: float, ended: float) -> None:
    """End the module with a result that holds no option and no environment of a container."""
    for warning in report.warnings:
        module.warn(warning)
    result = result_of(report, order, daemon=daemon, began=began, ended=ended)
    if report.outcome in ("updated", "unchanged"):
        module.exit_json(**result)
    module.fail_json(msg=report.reason, **result)


def _alone(module, order: Order):
    return host_lock(
        order.app,
        socket_path=module.params["socket"],
        wait=_lock_wait(order),
        share_host=module.params["share_host"],
    )


def _noting(waited_for: str, report: Report) -> Report:
    if not waited_for:
        return report
    return report._replace(reason=f"{report.reason}; had waited for another switch ({waited_for})")


def _lock_wait(order: Order) -> float:
    stops = 3 * max(order.stop_timeout or 0, 10)
    waits = 3 * order.health.timeout + 2 * order.health.stable_for
    return waits + stops + order.drain + LOCK_SLACK_S


def _daemon(engine: Engine) -> str:
    # Only to tell hosts apart: an outcome must not be lost for want of it.
    try:
        return engine.identity()
    except (DockerError, OSError):
        return ""
