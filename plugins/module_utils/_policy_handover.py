# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who starts after a reboot: the restart policy goes from the old container to the new one.

Not every runtime behind a Docker socket can change the policy of a container that is there. Whether
this one can is tried before anything is stopped. The old container itself keeps its policy until
the new one has proved itself: a host that reboots in between comes back with the old one.
"""

from __future__ import annotations

from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import DockerError
from ansible_collections.longshore.containers.plugins.module_utils._restart_policy import (
    NEVER_STARTED,
    ON_FAILURE,
    policy_to_set,
)

# With it a daemon starts no container that never ran, should the host reboot at that moment.
TRIED = f"{ON_FAILURE}:1"


class _NotSetError(Exception):
    """A restart policy was not taken; says why."""


def handover_problem(engine, target, others):
    """Return why the policy could not go from `others` to `target`, or an empty string.

    What runs is not changed: `others` are only given the policy that they have.
    """
    armed = [each for each in others if each.policy != NEVER_STARTED]
    tried = [] if policy_to_set(target.wanted_policy) == NEVER_STARTED else [TRIED, NEVER_STARTED]
    try:
        for policy in tried:
            _set(engine, target, policy)
        for each in armed:
            _set(engine, each, each.policy)
    except _NotSetError as exc:
        return (
            f"the restart policy cannot go from the old container to the new one: {exc}. Nothing "
            f"was stopped: see that `docker update --restart=no {target.release_name}` works on "
            "this host, then deploy again"
        )
    return ""


def hand_over(engine, containers, target):
    """Give `target` its policy and take it from all others; (whether any changed, problems).

    One that fails keeps no other from being set: the target always gets its own.
    """
    due = policies_due(containers, target)
    said = [arm(engine, each, policy) for each, policy in due]
    return bool(due), tuple(each for each in said if each)


def policies_due(containers, target):
    """Return (container, policy) for each that has another than it should, `target` first."""
    wanted = {each.id: NEVER_STARTED for each in containers}
    wanted[target.id] = policy_to_set(target.wanted_policy)
    targets_first = sorted(containers, key=lambda each: each.id != target.id)
    return [(e, wanted[e.id]) for e in targets_first if e.policy != wanted[e.id]]


def arm(engine, container, policy):
    """Set a restart policy; why that failed and what to do, or an empty string."""
    try:
        _set(engine, container, policy)
    except _NotSetError as exc:
        name = container.release_name
        start = "starts" if policy == NEVER_STARTED else "does not start"
        return (
            f"{exc}, so after a reboot it {start} by itself: set it on this host (docker update "
            f"--restart={policy} {name})"
        )
    return ""


def _set(engine, container, policy):
    name = container.release_name
    try:
        engine.set_policy(container, policy)
        seen = engine.inspect(container.id)
    except DockerError as exc:
        said = f"the restart policy of {name} cannot be set to {policy}: {exc}"
        raise _NotSetError(said) from exc
    if seen is not None and seen.policy != policy:
        said = f"the restart policy of {name} was set to {policy} and is {seen.policy} all the same"
        raise _NotSetError(said)
