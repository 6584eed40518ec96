# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that were away are caught up, and those that the inventory lost are not."""

from __future__ import annotations

import itertools
import threading

import pytest

from tests.support.dispatching import V1, V2, Running, report
from tests.support.waiting import wait_for
from webhook_bridge.domain.outcomes import RunReport, Stopped
from webhook_bridge.domain.runs import Work


def test_hosts_that_were_away_are_caught_up_alone_with_growing_waits(running: Running) -> None:
    def away_three_times(work: Work, _stop: threading.Event) -> RunReport:
        return report(work, 4, h2="unreachable") if len(running.played) < 4 else report(work)

    running.play = away_three_times
    running.settle_after(V1)

    assert running.states() == ["partial", "failed", "failed", "succeeded"]
    assert [run.hosts for run in running.runs()] == [(), ("h2",), ("h2",), ("h2",)]
    starts = [run.started_at for run in running.runs()]
    waits = [after - before for before, after in itertools.pairwise(starts)]
    assert waits[0] >= 0.1
    assert waits[1] >= 0.2


def found_only(host: str, work: Work) -> RunReport:
    """Return what a run reports that found one of its hosts, and not the others."""
    (outcome,) = (one for one in report(work).outcomes if one.host == host)
    return RunReport(0, (host,), (outcome,))


def test_a_host_that_the_inventory_lost_keeps_no_other_from_being_caught_up(
    running: Running,
) -> None:
    def play(work: Work, _stop: threading.Event) -> RunReport:
        if work.run.kind == "deploy":
            return report(work, 4, h2="unreachable", h3="unreachable")
        running.installation.write_inventory("h1", "h3")
        return found_only("h3", work)

    running.play = play
    running.settle_after(V1)

    assert running.states() == ["partial", "succeeded"]
    assert running.runs()[-1].hosts == ("h2", "h3")
    assert running.runs()[-1].reason.endswith("no more for this app: h2")


def test_a_host_that_the_inventory_lost_keeps_no_other_from_going_back(running: Running) -> None:
    running.settle_after(V1)

    def play(work: Work, _stop: threading.Event) -> RunReport:
        if work.run.kind == "deploy":
            return report(work, 2, h3="restored")
        running.installation.write_inventory("h2", "h3")
        return found_only("h2", work)

    running.play = play
    running.settle_after(V2)

    assert running.states() == ["succeeded", "restored", "succeeded"]
    assert running.runs()[-1].hosts == ("h1", "h2")


def test_a_catch_up_ends_where_the_inventory_lost_all_its_hosts(running: Running) -> None:
    def play(work: Work, _stop: threading.Event) -> RunReport:
        if work.run.kind == "deploy":
            return report(work, 4, h3="unreachable")
        running.installation.write_inventory("h1", "h2")
        return RunReport(2, (), (), "longshore_hosts names what is no host of shop: h3")

    running.play = play
    running.settle_after(V1)

    assert running.states() == ["partial", "failed"]


@pytest.mark.parametrize("content", ["{}", "web: [\n"], ids=["empty", "not readable"])
def test_an_inventory_that_is_broken_for_a_while_has_lost_nobody(
    running: Running, content: str
) -> None:
    def play(work: Work, _stop: threading.Event) -> RunReport:
        if work.run.kind == "deploy":
            return report(work, 4, h3="unreachable")
        return RunReport(2, (), ()) if len(running.played) < 3 else report(work)

    (running.installation.folder / "inventory" / "hosts.yml").write_text(content)
    running.play = play
    running.settle_after(V1)

    assert running.states() == ["partial", "failed", "succeeded"]
    assert running.runs()[-1].hosts == ("h3",)


def test_a_newer_push_goes_to_all_hosts_and_not_only_to_those_that_were_away(
    running: Running,
) -> None:
    running.play = lambda work, _stop: (
        report(work, 4, h2="unreachable") if work.release.digest == V1 else report(work)
    )
    running.desire(V1)
    wait_for(lambda: running.row().pending_hosts, "a host to catch up")

    running.settle_after(V2)

    assert running.runs()[-1].hosts == ()


@pytest.mark.parametrize("reason", ["inventory_failed", "inventory_empty", "inventory_shrank"])
def test_a_release_whose_inventory_is_in_doubt_stays_wanted(running: Running, reason: str) -> None:
    def play(work: Work, _stop: threading.Event) -> RunReport:
        if len(running.played) < 3:
            return RunReport(1, (), (), stopped=Stopped(reason, "Request limit exceeded."))
        return report(work)

    running.play = play
    running.settle_after(V1)

    assert running.states() == ["failed", "failed", "succeeded"]
    assert "Request limit exceeded.; tried again" in running.runs()[0].reason
    assert running.held() == {}


def test_a_host_that_one_reading_missed_is_waited_for(running: Running) -> None:
    def play(work: Work, _stop: threading.Event) -> RunReport:
        if work.run.kind == "deploy":
            return report(work, 4, h2="unreachable", h3="unreachable")
        return found_only("h3", work) if len(running.played) < 3 else report(work)

    running.play = play
    running.settle_after(V1)

    assert [run.hosts for run in running.runs()] == [(), ("h2", "h3"), ("h2",)]
