# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Before anything is stopped: whether the container can be started, and the old one again."""

from __future__ import annotations


def unready_problem(engine, plan, order):
    """Return why the target cannot be started, or the current one not again, or an empty string."""
    own = [each.id for each in engine.survey(order.app)]
    new = engine.start_problems(plan.target, own)
    if new:
        return (
            f"{order.name} cannot be started on this host, so nothing was stopped: {'; '.join(new)}"
        )
    if plan.current is None or order.is_beside:
        return ""
    old = engine.start_problems(plan.current, own)
    return return_refusal(plan.current.name, old) if old else ""


def return_refusal(name, problems):
    """Return why a container that runs is not stopped: it could not be started again."""
    return (
        f"{name}, which runs, could not be started again if the new container failed, so it was "
        f"not stopped: {'; '.join(problems)}. See to that, or stop it yourself (docker stop {name})"
        " and deploy again"
    )
