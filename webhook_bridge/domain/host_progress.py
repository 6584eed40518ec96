# SPDX-License-Identifier: GPL-3.0-or-later
"""How far hosts are that a rollout has yet to report on: by the steps that hosts have ended."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from webhook_bridge.domain.run_steps import HostStep, RunSteps, StepWord


@dataclass(frozen=True)
class HostProgress:
    """Where a host is: in a `step`, or, with None, it waits for the others or for its batch.

    `since` is in seconds since 1970; None where that is not known.
    """

    host: str
    step: StepWord | None = None
    since: float | None = None


def progress_of(hosts: Collection[str], steps: RunSteps) -> list[HostProgress]:
    """Return where each of these hosts is, those that are worked on before those that wait.

    A step is reported when a host has ended it. Hosts are taken through pre-flight and stage
    together, then batch by batch, so what has ended says what has begun.
    """
    ended: dict[str, dict[StepWord, HostStep]] = {}
    for one in steps.steps:
        ended.setdefault(one.host, {})[one.step] = one
    switched_at = {host: batch.began_at for batch in steps.batches for host in batch.hosts}
    together = _together(hosts, steps, ended)
    has_before = any(one.step == "before_switch" for one in steps.steps)
    first: StepWord = "before_switch" if has_before else "switch"
    found = [
        _in_batch(HostProgress(host, first, switched_at[host]), ended.get(host, {}))
        if host in switched_at
        else _before_batches(host, ended.get(host, {}), together)
        for host in hosts
    ]
    return sorted(found, key=lambda one: one.step is None)


def _together(
    hosts: Collection[str], steps: RunSteps, ended: dict[str, dict[StepWord, HostStep]]
) -> HostProgress:
    """Return the step that hosts are taken through together now, as that of no host."""
    checks = [one for one in steps.steps if one.step == "preflight"]
    if not checks or steps.batches:
        return HostProgress("")
    is_staging = any(one.step == "stage" for one in steps.steps)
    if is_staging or all("preflight" in ended.get(host, {}) for host in hosts):
        return HostProgress("", "stage", max(one.ended_at for one in checks))
    return HostProgress("", "preflight", min(one.began_at for one in checks))


def _before_batches(
    host: str, ended: dict[StepWord, HostStep], together: HostProgress
) -> HostProgress:
    is_asked = together.step == "preflight" or "preflight" in ended
    if together.step is not None and is_asked and together.step not in ended:
        return HostProgress(host, together.step, together.since)
    return _waits(host, ended)


def _in_batch(begun: HostProgress, ended: dict[StepWord, HostStep]) -> HostProgress:
    if "switch" in ended:
        return _waits(begun.host, ended)
    if "before_switch" in ended:
        return HostProgress(begun.host, "switch", ended["before_switch"].ended_at)
    return begun


def _waits(host: str, ended: dict[StepWord, HostStep]) -> HostProgress:
    return HostProgress(host, None, max((one.ended_at for one in ended.values()), default=None))
