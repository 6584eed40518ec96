# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of two releases is the newer one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.candidates import NEW, OLD, code_of, found, tracked
from webhook_bridge.domain.verdicts import Verdict
from webhook_bridge.intake.decisions import Desired, NewDigest, TagResolution
from webhook_bridge.tags.policy import is_older
from webhook_bridge.tags.schema import parse_track

SEMVER = parse_track({"semver": ">=1.4 <3"})
BY_PUSH = parse_track({"pattern": "[a-z]+", "order": "pushed"})


def test_of_builds_of_one_day_the_one_seen_before_the_desired_one_is_older() -> None:
    track = parse_track({"pattern": "([0-9]{8})-[0-9a-f]{7}", "order": "date"})
    first, second = "20261128-fffffff", "20261128-0000000"
    seen = {(first, OLD): 1.0, (second, NEW): 2.0}

    back = tracked(track, first, found(OLD, first), Desired(NEW, {}, second, seen))
    on = tracked(track, second, found(NEW, second), Desired(OLD, {}, first, seen))

    assert code_of(back) == "older"
    assert on == NewDigest(NEW, second)
    with_nothing = Desired(OLD, {}, None)
    assert tracked(track, None, TagResolution(NEW), with_nothing) == NewDigest(NEW)


def test_a_newer_version_is_a_release_of_its_tag() -> None:
    decision = tracked(SEMVER, "1.5.0", found(NEW, "1.5.0"), Desired(OLD, {}, "1.4.0"))

    assert decision == NewDigest(NEW, "1.5.0")


def test_the_newest_version_that_there_is_is_released_whichever_was_pushed() -> None:
    decision = tracked(SEMVER, "1.4.1", found(NEW, "1.5.0"), Desired(OLD, {}, "1.4.0"))

    assert decision == NewDigest(NEW, "1.5.0")


def test_an_older_version_than_the_desired_one_never_replaces_it() -> None:
    decision = tracked(SEMVER, "1.4.9", found(NEW, "1.4.9"), Desired(OLD, {}, "1.5.0"))

    assert code_of(decision) == "older"
    assert "tag 1.4.9 of docker.io/acme/shop is older than 1.5.0" in decision.detail
    assert "longshore deploy shop --tag 1.4.9" in decision.detail


def test_a_late_push_of_an_older_version_is_older_and_not_unchanged() -> None:
    decision = tracked(SEMVER, "1.4.0", found(OLD, "1.5.0"), Desired(OLD, {}, "1.5.0"))

    assert decision == Verdict(
        "older", "shop: tag 1.4.0 of docker.io/acme/shop is older than 1.5.0, which is desired"
    )


def test_the_same_version_with_another_digest_is_a_release() -> None:
    decision = tracked(SEMVER, "1.5.0", found(NEW, "1.5.0"), Desired(OLD, {}, "1.5.0"))

    assert decision == NewDigest(NEW, "1.5.0")


@pytest.mark.parametrize("tag", [None, "latest"])
def test_a_desired_release_without_a_version_is_replaced(tag: str | None) -> None:
    decision = tracked(SEMVER, "1.4.0", found(NEW, "1.4.0"), Desired(OLD, {}, tag))

    assert decision == NewDigest(NEW, "1.4.0")


@pytest.mark.parametrize(("seen_at", "older"), [(1.0, True), (3.0, False)])
def test_by_push_the_time_it_was_seen_orders(seen_at: float, older: bool) -> None:  # noqa: FBT001 - an example
    seen = {("a", NEW): seen_at, ("b", OLD): 2.0}

    decision = tracked(BY_PUSH, "a", found(NEW, "a"), Desired(OLD, {}, "b", seen))

    assert (decision == NewDigest(NEW, "a")) is not older


VERSIONS = st.from_regex(r"[12]\.[0-9]\.[0-9](_b[0-9])?", fullmatch=True)


@given(VERSIONS, VERSIONS, st.none() | VERSIONS)
def test_no_decision_ever_goes_backwards(newest: str, desired: str, pushed: str | None) -> None:
    decision = tracked(SEMVER, pushed, found(NEW, newest), Desired(OLD, {}, desired))

    if isinstance(decision, NewDigest):
        assert not is_older(SEMVER, newest, desired)
    else:
        assert code_of(decision) == "older"
