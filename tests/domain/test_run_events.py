# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

import pytest

from webhook_bridge.domain.events import run_actor
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.outcomes import RunResult
from webhook_bridge.domain.releases import AppRow, Release
from webhook_bridge.domain.run_end_facts import Known, RunEnd
from webhook_bridge.domain.run_events import end_events, start_events
from webhook_bridge.domain.runs import Run, RunKind, Work

V1, V2 = (f"sha256:{digit * 64}" for digit in "12")
BEFORE = Release("shop", "r/shop", "latest", V1, "deploy", "me", id="r1", state="good")
RELEASE = Release("shop", "r/shop", "latest", V2, "delivery", "hook hub", id="r2", state="good")
ROW = AppRow("shop", "r2", generation=2, epoch=7, owner="w1")
KNOWN = Known(ROW, desired=RELEASE, before=BEFORE)
GOOD = RunEnd(RunResult("succeeded", "2 of 2", ()), replace(ROW, owner=None))


def work(kind: RunKind = "deploy") -> Work:
    return Work(RELEASE, Run("shop", "r2", 2, 7, kind, ("h1",), {}, "the-run"), 0)


@pytest.mark.parametrize(
    ("kind", "actor"),
    [
        ("deploy", "hook hub"),
        ("rollback", "hook hub"),
        ("reconcile", "reconcile"),
        ("catch_up", "bridge"),
        ("restore", "bridge"),
        ("observe", "bridge"),
    ],
)
def test_a_rollout_is_caused_by_who_asked_for_it_and_the_rest_by_the_bridge(
    kind: RunKind, actor: str
) -> None:
    assert run_actor(work(kind)) == actor


def test_start_and_end_of_a_run_name_release_run_and_actor() -> None:
    [started] = start_events(work(), now=1.0)
    [ended] = end_events(work(), GOOD, KNOWN, now=2.0)

    for one in (started, ended):
        assert (one.actor, one.app, one.release, one.run) == ("hook hub", "shop", "r2", "the-run")
    assert (started.kind, started.data) == ("run.started", {"kind": "deploy", "hosts": ["h1"]})
    assert ended.kind == "run.ended"
    assert ended.data == {"kind": "deploy", "state": "succeeded", "reason": "2 of 2"}


def test_a_canceled_run_was_ended_by_who_canceled_it() -> None:
    canceled = replace(GOOD, result=RunResult("canceled", "", ()))

    [ended] = end_events(work(), canceled, replace(KNOWN, canceled_by="token:api"), now=2.0)

    assert ended.actor == "token:api"


def test_what_the_bridge_undoes_by_itself_is_told() -> None:
    row = replace(ROW, owner=None, release_id="r1")
    end = replace(GOOD, row=row, hold="put back", lifted=V1)

    _, hold, lift, restore_targets = end_events(
        work(), end, replace(KNOWN, held={V1: "x"}), now=2.0
    )

    assert {one.actor for one in (hold, lift, restore_targets)} == {"bridge"}
    assert (hold.kind, hold.data) == ("hold.set", {"digest": V2, "reason": "put back"})
    assert (lift.kind, lift.data) == ("hold.lifted", {"digest": V1})
    assert (restore_targets.kind, restore_targets.release) == ("release.desired", "r1")
    assert restore_targets.data == {"digest": V1, "tag": "latest", "cause": "returned"}


def test_a_hold_that_there_was_not_is_not_lifted() -> None:
    told = end_events(work(), replace(GOOD, lifted=V1), KNOWN, now=2.0)

    assert [one.kind for one in told] == ["run.ended"]


def test_of_a_run_that_lost_its_app_only_the_end_is_told() -> None:
    lost = RunEnd(GOOD.result, None, hold="put back")

    assert [one.kind for one in end_events(work(), lost, KNOWN, now=2.0)] == ["run.ended"]


def test_a_look_is_told_of_by_the_hosts_that_differ_otherwise_than_before() -> None:
    behind = HostState("shop", "h1", reached=True, digest=V1, deployed_container="a", container="a")
    well = replace(behind, digest=V2)
    known = replace(KNOWN, states={"h1": well, "h2": replace(behind, host="h2")})
    states = (behind, replace(behind, host="h2"), replace(behind, host="h3", digest=""))

    told = end_events(work("observe"), replace(GOOD, states=states), known, now=2.0)

    assert start_events(work("observe"), now=1.0) == []
    assert [(one.kind, one.host, one.data) for one in told] == [
        ("host.drift", "h1", {"drift": "behind", "was": None}),
        ("host.drift", "h3", {"drift": "stopped", "was": None}),
    ]


def test_a_host_that_no_longer_differs_is_told_too() -> None:
    behind = HostState("shop", "h1", reached=True, digest=V1, deployed_container="a", container="a")
    known = replace(KNOWN, states={"h1": behind})
    end = replace(GOOD, states=(replace(behind, digest=V2),))

    [told] = end_events(work("observe"), end, known, now=2.0)

    assert told.data == {"drift": None, "was": "behind"}
