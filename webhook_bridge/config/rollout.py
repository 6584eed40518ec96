# SPDX-License-Identifier: GPL-3.0-or-later
"""How an app's hosts follow one another, and what a failure means for the rest of them."""

from __future__ import annotations

from typing import Annotated, Literal

from ansible_collections.longshore.containers.plugins.plugin_utils._app_rollout import (
    ALL_PERCENT,
    read_amount,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._rollout import failure_budget
from pydantic import BeforeValidator, Field

from webhook_bridge.config.durations import Pause
from webhook_bridge.config.table import Table


def _batches(value: object) -> object:
    """Return a list of batches, of which one may be written alone."""
    return tuple(value) if isinstance(value, list) else (value,)


def _size(batch: int | str, hosts: int) -> int:
    """Return how many hosts a batch has; of a percentage at least one."""
    number, is_percentage = read_amount(batch) or (hosts, False)
    return max(1, number * hosts // ALL_PERCENT) if is_percentage else number


class Rollout(Table):
    """How the hosts follow one another, in Ansible's own words where it has them.

    What may be written, the collection says.

    `failure_budget` counts failed hosts over the whole rollout, `max_fail_percentage` those of a
    batch, as Ansible does; left out, the latter is 0 where the budget is 0, else 100.
    """

    serial: Annotated[tuple[int | str, ...], BeforeValidator(_batches)] = (1, "25%", "100%")
    max_fail_percentage: float | None = None
    failure_budget: int | str = 0
    pause: Pause = 0.0
    on_failure: Literal["restore", "halt"] = "restore"
    unreachable: Literal["skip", "fail"] = "skip"
    supersede: Literal["batch", "finish"] = "batch"
    share_hosts: bool = Field(default=False, strict=True)

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
        return failure_budget(self.failure_budget, hosts=hosts)
