# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Before anything is stopped: whether the container is what it shall be, and can be started."""

from __future__ import annotations

from ansible_collections.longshore.containers.plugins.module_utils._container_networks import (
    network_gaps,
    unlike_options,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_plan import (
    target_problem,
)


def part_problem(engine, target, order):
    """Return what a staged container lacks of its options, or an empty string."""
    found = unlike_options(target.name, gaps_of(engine, target, order.networks))
    return f"{found}; nothing was stopped: stage it again" if found else ""


def is_unstaged(engine, target, order):
    """Whether what is asked for is not there, or not whole, and may be staged again."""
    if target is None:
        return True
    if order.restore_container or target_problem(target, app=order.app, digest=order.digest):
        return False
    return bool(gaps_of(engine, target, order.networks))


def gaps_of(engine, container, networks):
    """Return what a container lacks of its options: it can only be made anew.

    What it shares of a container that is gone since is lacking for good: it names that one by ID,
    and so it does a network that was made anew.
    """
    in_networks = network_gaps({"networks": list(networks)}, container.networks)
    return [*in_networks, *engine.gone_for_good(container)]


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
    return return_refusal(engine, plan.current, own, engine.shares(plan.target))


def return_refusal(engine, current, own, new_shares):
    """Return why a container that runs is not stopped, as it could not be started again, or empty.

    `new_shares` are the options by which its successor shares namespaces of other containers.
    """
    problems = engine.start_problems(current, own)
    lost = engine.shares_lost(current)
    if not problems or _is_beyond_help(lost, new_shares):
        return ""
    # What it shared cannot come back, but what else it lacks can.
    first = "Stop it" if lost else "See to that, or stop it"
    return (
        f"{current.name}, which runs, could not be started again if the new container failed, so "
        f"it was not stopped: {'; '.join(problems)}. {first} yourself (docker stop {current.name} "
        "on this host) and deploy again"
    )


def aside_name(container):
    """Return the name of a container in whose place a whole one is staged."""
    return f"{container.app}-{container.id[:12]}"


def take_back(engine, plan, order):
    """Undo that what runs was set aside for a target that is not switched to; what runs."""
    current, target = plan.current, plan.target
    was_set_aside = current.digest == order.digest and current.name == aside_name(current)
    if not was_set_aside or target.was_started or target.name != order.name:
        return current
    engine.remove(target, volumes=True)
    engine.rename(current, order.name)
    return engine.inspect(current.id) or current


def no_way_back(engine, plan, order):
    """Return a warning where what runs is stopped although it cannot be put back, or empty."""
    if plan.current is None or not plan.current.running or order.is_beside:
        return ""
    lost = engine.shares_lost(plan.current)
    if not _is_beyond_help(lost, engine.shares(plan.target)):
        return ""
    return (
        f"{plan.current.name} could not be put back: the container that its "
        f"{', '.join(sorted(lost))} names is gone"
    )


def _is_beyond_help(lost, new_shares):
    # Without the owner of its network it serves nobody; else the release is what makes it whole.
    return "network_mode" in lost or bool(lost and not lost & new_shares)
