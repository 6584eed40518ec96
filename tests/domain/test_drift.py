# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from webhook_bridge.domain.drift import drift_of, may_reconcile, to_reconcile
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.releases import REPLACED, HeldReason, Release, ReleaseState

V1, V2 = (f"sha256:{digit * 64}" for digit in "12")
WELL = HostState(
    "shop",
    "h1",
    reached=True,
    seen_at=1.0,
    digest=V2,
    container="shop-2",
    container_id="id-2",
    daemon="d",
    deployed_container="shop-2",
    deployed_container_id="id-2",
    deployed_daemon="d",
)
BEHIND = replace(
    WELL, digest=V1, container="shop-1", container_id="id-1", deployed_container="shop-1"
)
BEHIND = replace(BEHIND, deployed_container_id="id-1")
GONE = replace(WELL, digest="", container=None, container_id=None)


def test_a_host_that_runs_the_release_does_not_drift() -> None:
    assert drift_of(WELL, digest=V2) is None


def test_a_host_with_other_options_drifts_and_is_not_brought_up_to_date_by_itself() -> None:
    other = replace(WELL, other_options=("env LOG_LEVEL", "volumes"))

    drift = drift_of(other, digest=V2)

    assert drift is not None
    assert (drift.reason, drift.by_hand) == ("options", False)
    assert drift.sentence == "runs with other options than it should have: env LOG_LEVEL, volumes"
    assert to_reconcile([other], digest=V2, policy="correct", now=9.0) == ()


@pytest.mark.parametrize("state", [BEHIND, replace(WELL, health="paused"), GONE])
def test_other_options_are_told_only_of_a_host_that_differs_in_nothing_else(
    state: HostState,
) -> None:
    found = drift_of(replace(state, other_options=("volumes",)), digest=V2)

    assert found is not None
    assert (found.reason, found.options) != ("options", ("volumes",))
    assert found.options == ()


def test_a_host_that_is_away_but_ran_the_release_does_not_drift() -> None:
    assert drift_of(replace(WELL, reached=False), digest=V2) is None


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (replace(BEHIND, reached=False), "unreachable"),
        (HostState("shop", "h1", reached=True, digest=""), "new"),
        (replace(GONE, daemon="other"), "rebuilt"),
        (BEHIND, "behind"),
        (replace(BEHIND, rejected_digest=V2), "put_back"),
        (GONE, "stopped"),
        (replace(GONE, failed=True), "failed"),
        (replace(GONE, failed=True, daemon="other"), "failed"),
        (replace(GONE, failed=True, rejected_digest=V2), "failed"),
        (replace(GONE, failed=True, reached=False), "unreachable"),
        (HostState("shop", "h1", reached=True, digest="", failed=True), "failed"),
        (replace(WELL, health="paused"), "unhealthy"),
        (replace(WELL, health="restarting"), "unhealthy"),
        (replace(BEHIND, health="restarting"), "behind"),
        (replace(WELL, extra_container="shop-1"), "duplicate"),
        (replace(BEHIND, extra_container="shop-2"), "behind"),
        (replace(WELL, container_id="id-9"), "replaced"),
        (replace(BEHIND, container="shop-0"), "replaced"),
    ],
)
def test_a_host_that_differs_says_why(state: HostState, reason: str) -> None:
    found = drift_of(state, digest=V2)

    assert found is not None
    assert found.reason == reason
    assert found.sentence


@pytest.mark.parametrize(
    ("state", "policy", "is_brought"),
    [
        (BEHIND, "report", True),
        (HostState("shop", "h1", reached=True, digest=""), "report", True),
        (replace(GONE, daemon="other"), "report", True),
        (GONE, "report", False),
        (GONE, "correct", True),
        (replace(GONE, failed=True), "report", True),
        (replace(GONE, failed=True, rejected_digest=V1), "report", True),
        (replace(GONE, failed=True, rejected_digest=V2), "correct", False),
        (replace(WELL, container_id="id-9"), "report", False),
        (replace(WELL, container_id="id-9"), "correct", True),
        (replace(BEHIND, reached=False), "correct", False),
        (replace(BEHIND, rejected_digest=V2), "correct", False),
        (replace(BEHIND, due_at=11.0), "correct", False),
        (replace(BEHIND, health="restarting"), "report", True),
        (replace(WELL, health="restarting"), "correct", False),
        (replace(WELL, extra_container="shop-1"), "report", False),
        (replace(WELL, extra_container="shop-1"), "correct", True),
        (WELL, "correct", False),
    ],
)
def test_a_reconcile_brings_the_hosts_that_it_may(
    state: HostState, policy: Literal["report", "correct"], *, is_brought: bool
) -> None:
    found = to_reconcile([state], digest=V2, policy=policy, now=10.0)

    assert found == (("h1",) if is_brought else ())


@pytest.mark.parametrize(
    ("state", "held", "is_brought"),
    [
        ("good", {}, True),
        ("good", {V2: REPLACED}, True),
        ("good", {V1: "put back"}, True),
        ("good", {V2: "put back"}, False),
        ("failed", {}, False),
        ("desired", {}, False),
    ],
)
def test_only_a_release_that_proved_good_and_is_not_held_is_brought_to_more_hosts(
    state: ReleaseState, held: dict[str, HeldReason], *, is_brought: bool
) -> None:
    release = Release("shop", "r/acme/shop", "latest", V2, "delivery", "me", state=state)

    assert may_reconcile(release, held=held) is is_brought
