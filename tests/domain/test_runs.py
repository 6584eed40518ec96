# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

import pytest

from webhook_bridge.domain.hosts import KeptContainer
from webhook_bridge.domain.outcomes import Outcome
from webhook_bridge.domain.releases import AppRow, Release
from webhook_bridge.domain.runs import Run, RunKind, Work, aim, due_kind, judged

NOW = 100.0
RELEASE = Release("shop", "docker.io/acme/shop", "latest", "sha256:1", "delivery", "me", id="r")
OLD = KeptContainer("3f2a", "sha256:0")
IDLE = AppRow(
    name="shop",
    release_id="r",
    generation=3,
    applied_generation=3,
    epoch=1,
    owner=None,
    pending_hosts=[],
    restore_targets={},
    reconcile_hosts=[],
    observe_at=None,
    due_at=0.0,
    attempts=0,
)
WISHED = replace(IDLE, generation=4)


def due(row: AppRow, *, release: Release = RELEASE) -> RunKind | None:
    return due_kind(row, release=release, now=NOW)


def test_an_app_whose_wish_was_answered_needs_nothing() -> None:
    assert due(IDLE) is None


def test_a_new_wish_is_a_deploy_and_a_rollback_where_somebody_wanted_one() -> None:
    assert due(WISHED) == "deploy"
    assert due(WISHED, release=replace(RELEASE, cause="rollback")) == "rollback"


def test_a_wish_that_waits_for_its_next_try_keeps_everything_else_waiting() -> None:
    assert due(replace(WISHED, due_at=NOW + 1, pending_hosts=["h1"], observe_at=NOW)) is None


def test_hosts_go_back_before_anything_else_comes() -> None:
    row = replace(WISHED, restore_targets={"h1": OLD})

    assert due(row) == "restore"
    assert due(replace(row, generation=3, due_at=NOW + 1)) is None


def test_hosts_that_were_away_are_caught_up_when_it_is_time() -> None:
    row = replace(IDLE, pending_hosts=["h1"])

    assert due(row) == "catch_up"
    assert due(replace(row, due_at=NOW + 1)) is None


def test_hosts_are_mended_also_while_one_that_shall_go_back_is_away() -> None:
    row = replace(IDLE, reconcile_hosts=["h1", "h2"], restore_targets={"h1": OLD}, due_at=NOW + 1)

    assert due(row) == "reconcile"
    assert due(replace(row, reconcile_hosts=["h1"])) is None


def test_hosts_are_looked_at_when_it_is_time_and_nothing_changes_them() -> None:
    assert due(replace(IDLE, observe_at=NOW)) == "observe"
    assert due(replace(IDLE, observe_at=NOW + 1)) is None
    assert due(replace(WISHED, observe_at=NOW)) == "deploy"


@pytest.mark.parametrize(
    ("kind", "hosts"),
    [
        ("deploy", ()),
        ("rollback", ()),
        ("observe", ()),
        ("catch_up", ("h2", "h1")),
        ("reconcile", ("h3",)),
        ("restore", ("h1", "h2")),
    ],
)
def test_each_kind_of_run_goes_to_its_hosts(kind: RunKind, hosts: tuple[str, ...]) -> None:
    row = replace(
        IDLE, pending_hosts=["h2", "h1"], reconcile_hosts=["h1", "h3"], restore_targets={"h1": OLD}
    )

    assert aim(row, kind) == (hosts, {"h1": OLD} if kind == "restore" else {})


@pytest.mark.parametrize(
    ("kept", "digests"),
    [
        ({}, ("sha256:1",)),
        ({"h1": OLD, "h2": OLD}, ("sha256:1", "sha256:0")),
        ({"h1": KeptContainer("c", "sha256:1")}, ("sha256:1",)),
    ],
    ids=["all the release", "some go back", "back to the same"],
)
def test_a_run_may_bring_its_release_and_what_hosts_go_back_to(
    kept: dict[str, KeptContainer], digests: tuple[str, ...]
) -> None:
    run = Run("shop", "r", 1, 1, "restore", (), kept, "the-run")

    assert Work(RELEASE, run, 0).digests == digests


def test_hosts_are_judged_by_the_digest_that_each_of_them_was_to_run() -> None:
    run = Run("shop", "r", 1, 1, "restore", restore_targets={"h1": OLD})
    told = [
        Outcome(host, "updated", "switch", "", digest)
        for host in ("h1", "h2")
        for digest in ("sha256:0", "sha256:1")
    ]

    found = judged(Work(RELEASE, run, 0), told)

    assert [one.outcome for one in found] == ["updated", "failed", "failed", "updated"]
