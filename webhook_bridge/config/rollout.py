# SPDX-License-Identifier: GPL-3.0-or-later
"""How an app's hosts follow one another, and what a failure means for the rest of them."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from webhook_bridge.config.durations import Pause
from webhook_bridge.config.table import Table

_ALL_PERCENT = 100
_AMOUNT = re.compile(r"(\d+)(%?)", re.ASCII)


def _batch(value: object) -> int | str:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError('must be a number of hosts or a percentage, as 1 or "25%"')
    match = _AMOUNT.fullmatch(str(value))
    if match is None or not int(match[1]) or (match[2] and int(match[1]) > _ALL_PERCENT):
        raise ValueError(f'{value!r} is no number of hosts above 0 nor a percentage, as "25%"')
    return value


def _batches(value: object) -> tuple[int | str, ...]:
    values = value if isinstance(value, list) else [value]
    if not values:
        raise ValueError('is empty; write for example [1, "25%", "100%"]')
    return tuple(_batch(item) for item in values)


def _budget(value: object) -> int | str:
    match = None
    if not isinstance(value, bool) and isinstance(value, (int, str)):
        match = _AMOUNT.fullmatch(str(value))
    if match is None or (match[2] and int(match[1]) > _ALL_PERCENT):
        raise ValueError('must be a number of hosts or a percentage of all hosts, as 0, 2 or "10%"')
    return str(value) if match[2] else int(match[1])


def _size(batch: int | str, hosts: int) -> int:
    """Return how many hosts a batch has; of a percentage at least one."""
    written = str(batch)
    if written.endswith("%"):
        return max(1, int(written.removesuffix("%")) * hosts // _ALL_PERCENT)
    return int(written)


class Rollout(Table):
    """How the hosts follow one another, in Ansible's own words where it has them.

    `failure_budget` counts failed hosts over the whole rollout, `max_fail_percentage` those of a
    batch, as Ansible does; left out, the latter is 0 where the budget is 0, else 100.
    """

    serial: Annotated[tuple[int | str, ...], BeforeValidator(_batches)] = (1, "25%", "100%")
    max_fail_percentage: int | None = Field(default=None, ge=0, le=100, strict=True)
    failure_budget: Annotated[int | str, BeforeValidator(_budget)] = 0
    pause: Pause = 0.0
    on_failure: Literal["restore", "halt"] = "restore"
    unreachable: Literal["skip", "fail"] = "skip"
    supersede: Literal["batch", "finish"] = "batch"
    share_hosts: bool = Field(default=False, strict=True)

    def budget_exceeds(self, hosts: int) -> bool:
        """Say whether more hosts may fail than there are, so that nothing would ever stop it."""
        return isinstance(self.failure_budget, int) and self.failure_budget > hosts

    def pauses(self, hosts: int) -> float:
        """Return how many seconds the pauses between the batches of so many hosts take in all."""
        return self.pause * max(0, self._batches_of(hosts) - 1)

    def _batches_of(self, hosts: int) -> int:
        """Count the batches as Ansible makes them: the last size is repeated until none is left."""
        left, count = hosts, 0
        while left > 0:
            left -= _size(self.serial[min(count, len(self.serial) - 1)], hosts)
            count += 1
        return count

    def allowed_failures(self, hosts: int) -> int:
        """Return how many of so many hosts may fail; a percentage is rounded down."""
        written = str(self.failure_budget)
        if written.endswith("%"):
            return int(written.removesuffix("%")) * hosts // _ALL_PERCENT
        return int(written)
