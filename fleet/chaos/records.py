# SPDX-License-Identifier: GPL-3.0-or-later
"""The invariants on what the bridge wrote down, held against what the hosts' daemons say."""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

from fleet.observe import every_host_runs
from fleet.service import Service
from fleet.waiting import wait_for

_BROUGHT = ("updated", "unchanged")
# More than a round begins.
_NEWEST_RUNS = 12


def broken_records(service: Service) -> list[str]:
    """Return what is wrong with deliveries and runs once all is at rest, a sentence each."""
    bridge = service.bridge
    runs = bridge.runs()
    details = [bridge.get(f"runs/{run['id']}") for run in runs[:_NEWEST_RUNS]]
    return [
        *_undecided(bridge.get("deliveries")["deliveries"]),
        *_at_the_same_time(runs),
        *(problem for each in details for problem in _of_two_digests(each)),
        *_untrue_success(service, details),
    ]


def repeat_changes_nothing(service: Service, digest: str) -> list[str]:
    """Take the push of this digest in once more: no run follows, and no container is another one.

    Only where it runs, or is held after it failed: what neither came nor was put back may come.
    """
    bridge = service.bridge
    if digest not in bridge.app()["held"] and not every_host_runs(service.fleet, digest):
        return []
    pushes = bridge.get("deliveries")["deliveries"]
    released = next((one["id"] for one in pushes if one["verdict"] == "released"), None)
    if released is None:
        return []
    runs, before = len(bridge.runs()), service.containers()
    again = bridge.json("redeliver", released)["delivery"]
    verdict = wait_for(
        lambda: bridge.get(f"deliveries/{again}")["verdict"], f"the verdict of {again}", seconds=30
    )
    bridge.wait_until_idle()
    problems = []
    if verdict == "released" or len(bridge.runs()) != runs:
        problems.append(f"a delivery that was repeated is {verdict}, and a run followed")
    if service.containers() != before:
        problems.append("a delivery that was repeated changed a container")
    return problems


def _undecided(deliveries: list[dict[str, Any]]) -> Iterator[str]:
    for one in deliveries:
        if not one["verdict"]:
            yield f"delivery {one['id']} has no verdict: {one['detail']}"


def _at_the_same_time(runs: list[dict[str, Any]]) -> Iterator[str]:
    """Say of each two runs that one began before the other one had ended."""
    in_order = sorted(runs, key=lambda run: str(run["started_at"]))
    for earlier, later in pairwise(in_order):
        if _time(later["started_at"]) < _time(earlier["ended_at"]):
            yield f"run {later['id']} began before run {earlier['id']} had ended"


def _of_two_digests(run: dict[str, Any]) -> Iterator[str]:
    """A run brings one digest; one that puts hosts back brings each what it ran before."""
    if run["restore_targets"]:
        return
    for outcome in run["outcomes"]:
        if outcome["outcome"] in _BROUGHT and outcome["digest"] != run["release"]["digest"]:
            yield f"run {run['id']} brought {outcome['host']} another digest than its release"


def _untrue_success(service: Service, details: list[dict[str, Any]]) -> Iterator[str]:
    newest = next((each for each in details if each["kind"] != "observe"), None)
    if newest is None or newest["state"] != "succeeded" or newest["restore_targets"]:
        return
    digest = newest["release"]["digest"]
    if not every_host_runs(service.fleet, digest):
        yield f"run {newest['id']} has succeeded, and not every host runs {digest}"


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
