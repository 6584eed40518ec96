# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an app's `rollout` may say."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.longshore.containers.plugins.plugin_utils._durations import pause
from ansible_collections.longshore.containers.plugins.plugin_utils._sentences import (
    Check,
    as_check,
    one_of,
    true_or_false,
)

ALL_PERCENT = 100
_AMOUNT = re.compile(r"(\d+)(%?)", re.ASCII)
_BATCH = 'must be a whole number of hosts greater than 0, or a percentage such as "25%"'
_BUDGET = 'must be a whole number of hosts, 0 or more, or a percentage such as "10%"'
_MORE_THAN_ALL = 'must not be more than "100%"'


def read_amount(value: Any) -> tuple[int, bool] | None:
    """Return a number of hosts, or a percentage of them and True; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    match = _AMOUNT.fullmatch(str(value))
    return None if match is None else (int(match[1]), bool(match[2]))


def rollout_problems(rollout: dict[str, Any]) -> list[tuple[str, str]]:
    """Return (key, sentence) for each wrong value of an app's `rollout`."""
    checked = [(key, check(rollout[key])) for key, check in _CHECKS.items() if key in rollout]
    found = [(key, said) for key, said in checked if said]
    return (_serial_problems(rollout["serial"]) if "serial" in rollout else []) + found


def budget_problem(budget: Any, *, hosts: int) -> str:
    """Return why this budget would stop nothing on so many hosts, or an empty string."""
    amount = read_amount(budget)
    if amount is None or amount[1] or amount[0] <= hosts:
        return ""
    return f"must be at most {hosts}, which is how many hosts the app has, or a percentage"


def _serial_problems(serial: Any) -> list[tuple[str, str]]:
    if serial == []:
        return [("serial", 'must not be empty; write for example [1, "25%", "100%"]')]
    if isinstance(serial, list):
        batches = [(f"serial.{number}", batch) for number, batch in enumerate(serial)]
    else:
        batches = [("serial", serial)]
    checked = [(key, _batch_problem(batch)) for key, batch in batches]
    return [(key, said) for key, said in checked if said]


def _batch_problem(batch: Any) -> str:
    amount = read_amount(batch)
    # Ansible takes "01" for 1; whoever writes that meant something else.
    if amount is None or not amount[0] or str(batch).startswith("0"):
        return _BATCH
    return _MORE_THAN_ALL if amount[1] and amount[0] > ALL_PERCENT else ""


def _budget(value: Any) -> str:
    amount = read_amount(value)
    if amount is None:
        return _BUDGET
    return _MORE_THAN_ALL if amount[1] and amount[0] > ALL_PERCENT else ""


def _percentage(value: Any) -> str:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    is_right = value is None or (is_number and 0 <= value <= ALL_PERCENT)
    return "" if is_right else f"must be a number from 0 to {ALL_PERCENT}"


_CHECKS: dict[str, Check] = {
    "max_fail_percentage": _percentage,
    "failure_budget": _budget,
    "pause": as_check(pause),
    "on_failure": one_of("restore", "halt"),
    "unreachable": one_of("skip", "fail"),
    "supersede": one_of("batch", "finish"),
    "share_hosts": true_or_false,
}
