# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a rollout goes on: pure decisions on what a user allows and what has failed so far."""

from __future__ import annotations

import re
from dataclasses import dataclass

# What the one word in a stop file means; any other content still stops.
STOP_WORDS = {
    "canceled": "the run was canceled",
    "superseded": "a newer release takes over",
}
UNKNOWN_STOP = "canceled"

_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_ALL_PERCENT = 100


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


def limits(rollout, *, hosts):
    """Return the Limits of an app's `rollout` over so many hosts."""
    budget = failure_budget(rollout.get("failure_budget", 0), hosts=hosts)
    percentage = rollout.get("max_fail_percentage")
    if percentage is None:
        percentage = _ALL_PERCENT if budget else 0
    return Limits(budget, float(percentage))


def failure_budget(value, *, hosts):
    """Return how many of `hosts` may fail: a number, or a percentage that is rounded down."""
    number, percent = re.fullmatch(r"(\d+)(%?)", str(value)).groups()
    return int(number) * hosts // _ALL_PERCENT if percent else int(number)


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
    if len(here) * _ALL_PERCENT > allowed.max_fail_percentage * len(batch):
        share = f"of {len(batch)} in one batch failed ({', '.join(here)})"
        limit = f"more than max_fail_percentage allows ({allowed.max_fail_percentage:g} %)"
        return Stop("max_fail_percentage", f"{len(here)} {share}, {limit}")
    return None


def judge_reach(away, *, hosts, unreachable, majority):
    """Return the Stop that follows from hosts that are away, or None to go on without them.

    `majority` says whether more than half of the hosts have to be there.
    """
    names = ", ".join(away)
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


def duration(value):
    """Return 30s, 10m, 2h, 1d or a number as seconds; raise ValueError for anything else."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", str(value).strip())
    if match is None:
        raise ValueError(f"{value!r} is no duration; write for example 30s, 10m or 2h")
    return float(match[1]) * _SECONDS[match[2]]


def rollout_problems(rollout, *, hosts):
    """Return what is wrong with an app's `rollout` on so many hosts; each names its key."""
    if not isinstance(rollout, dict):
        return ["rollout: must hold keys such as serial"]
    checks = {
        "serial": _check_serial,
        "max_fail_percentage": _check_percentage,
        "failure_budget": lambda value: _check_budget(value, hosts=hosts),
        "pause": duration,
        "unreachable": _one_of("skip", "fail"),
        "on_failure": _one_of("restore", "halt"),
    }
    found = (_problem(rollout.get(key), check) for key, check in checks.items())
    return [f"rollout.{key}: {said}" for key, said in zip(checks, found) if said]


def _problem(value, check):
    try:
        if value is not None:
            check(value)
    except ValueError as exc:
        return str(exc)
    return ""


def _check_serial(value):
    batches = value if isinstance(value, list) else [value]
    for each in batches:
        match = re.fullmatch(r"([1-9]\d*)(%?)", str(each))
        if match is None or (match[2] and int(match[1]) > _ALL_PERCENT):
            raise ValueError(f'{each!r} is no number of hosts above 0 nor a percentage, as "25%"')
    if not batches:
        raise ValueError('is empty; write for example [1, "25%", "100%"]')


def _check_percentage(value):
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= _ALL_PERCENT:
        raise ValueError(f"{value!r} is no percentage from 0 to 100")


def _check_budget(value, *, hosts):
    match = re.fullmatch(r"(\d+)(%?)", str(value))
    if match is None or (match[2] and int(match[1]) > _ALL_PERCENT):
        raise ValueError(f'{value!r} is no number of hosts nor a percentage, as "10%"')
    if not match[2] and int(match[1]) > hosts:
        raise ValueError(f"{value!r} is more than the {hosts} hosts of this app")


def _one_of(*words):
    def check(value):
        if value not in words:
            raise ValueError(f"{value!r} is not one of {', '.join(words)}")

    return check


def _count(hosts):
    return f"{len(hosts)} host{'' if len(hosts) == 1 else 's'}"
