# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a rollout goes on: pure decisions on what a user allows and what has failed so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.longshore.containers.plugins.plugin_utils._app_rollout import (
    ALL_PERCENT,
    read_amount,
)

# What the one word in a stop file means; any other content still stops.
STOP_WORDS = {
    "canceled": "the run was canceled",
    "superseded": "a newer release takes over",
}
UNKNOWN_STOP = "canceled"


@dataclass(frozen=True)
class Limits:
    """How much of a rollout may fail: hosts over all of it, percent of one batch."""

    failure_budget: int
    max_fail_percentage: float


@dataclass(frozen=True)
class Stop:
    """Why no further batch starts: one word for programs, one sentence for people."""

    reason: str
    why: str


def limits(rollout: Mapping[str, Any], *, hosts: int) -> Limits:
    """Return the Limits of an app's `rollout` over so many hosts."""
    budget = failure_budget(rollout.get("failure_budget", 0), hosts=hosts)
    percentage = rollout.get("max_fail_percentage")
    if percentage is None:
        percentage = ALL_PERCENT if budget else 0
    return Limits(budget, float(percentage))


def failure_budget(value: Any, *, hosts: int) -> int:
    """Return how many of `hosts` may fail: a number, or a percentage that is rounded down."""
    amount = read_amount(value)
    if amount is None:
        raise ValueError(f"{value!r} is not a failure budget: see app_problems")
    number, is_percentage = amount
    return number * hosts // ALL_PERCENT if is_percentage else number


def batch_sizes(serial: Sequence[int | str], *, hosts: int) -> list[int]:
    """Return how many hosts each batch has, as Ansible makes them of `serial`.

    The last size is repeated until no host is left; of a percentage it is at least one host.
    """
    sizes, left = [], hosts
    while left > 0:
        size = _batch_size(serial[min(len(sizes), len(serial) - 1)], hosts=hosts)
        sizes.append(min(size, left))
        left -= size
    return sizes


def _batch_size(batch: int | str, *, hosts: int) -> int:
    number, is_percentage = read_amount(batch) or (hosts, False)
    return max(1, number * hosts // ALL_PERCENT) if is_percentage else max(1, number)


def judge_batch(failed, *, batch, allowed):
    """Return the Stop that follows from the hosts that failed so far, or None to go on.

    `batch` are the hosts of the batch that just ended. Its share of failures counts as Ansible
    counts it: it has to be above the percentage.
    """
    names = ", ".join(failed)
    if len(failed) > allowed.failure_budget:
        budget = f"more than failure_budget allows ({allowed.failure_budget})"
        return Stop("failure_budget", f"{_count(failed)} failed ({names}), {budget}")
    here = [host for host in failed if host in batch]
    if len(here) * ALL_PERCENT > allowed.max_fail_percentage * len(batch):
        share = f"of {len(batch)} in one batch failed ({', '.join(here)})"
        limit = f"more than max_fail_percentage allows ({allowed.max_fail_percentage:g} %)"
        return Stop("max_fail_percentage", f"{len(here)} {share}, {limit}")
    return None


def judge_reach(
    away: Sequence[str],
    *,
    unserved: Sequence[str] = (),
    hosts: Sequence[str],
    unreachable: str,
    majority: bool,
) -> Stop | None:
    """Return the Stop that follows from hosts that are away, or None to go on without them.

    `unserved` are hosts that are there and that the registry does not serve for now; they keep no
    other host from going on, unless all have to be there. `majority` says whether more than half of
    the hosts have to be there.
    """
    names = ", ".join(away)
    if unserved and unreachable == "fail":
        who = ", ".join(unserved)
        why = f"the registry does not serve {who} for now, and rollout.unreachable is fail"
        return Stop("registry_trouble", why)
    if away and unreachable == "fail":
        return Stop("unreachable", f"{names} cannot be reached, and rollout.unreachable is fail")
    if majority and 2 * len(away) > len(hosts):
        return Stop(
            "unreachable", f"{names} cannot be reached, more than half of {len(hosts)} hosts"
        )
    return None


def asked_to_stop(content):
    """Return the Stop that a stop file asks for; None stands for no such file."""
    if content is None:
        return None
    word = content.strip()
    reason = word if word in STOP_WORDS else UNKNOWN_STOP
    return Stop(reason, STOP_WORDS[reason])


def _count(hosts):
    return f"{len(hosts)} host{'' if len(hosts) == 1 else 's'}"
