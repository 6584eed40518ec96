# SPDX-License-Identifier: GPL-3.0-or-later
"""How an app's hosts follow one another, and what a failure means for the rest of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Annotated, Literal

from ansible_collections.longshore.containers.plugins.plugin_utils._rollout import (
    batch_sizes,
    failure_budget,
)
from pydantic import BeforeValidator, Field

from webhook_bridge.config.durations import Pause
from webhook_bridge.config.table import Table


def _batches(value: object) -> object:
    """Return a list of batches, of which one may be written alone."""
    return tuple(value) if isinstance(value, list) else (value,)


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
        return self.pause * max(0, len(batch_sizes(self.serial, hosts=hosts)) - 1)

    def batches(self, hosts: Sequence[str]) -> list[tuple[str, ...]]:
        """Return these hosts, which are in the order of the inventory, batch by batch."""
        ends = accumulate(batch_sizes(self.serial, hosts=len(hosts)))
        return [tuple(hosts[begin:end]) for begin, end in pairwise([0, *ends])]

    def allowed_failures(self, hosts: int) -> int:
        """Return how many of so many hosts may fail; a percentage is rounded down."""
        return failure_budget(self.failure_budget, hosts=hosts)
