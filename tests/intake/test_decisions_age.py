# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a young image waits."""

from __future__ import annotations

from tests.support.candidates import LATEST, NEW, NOON, OLD, code_of, found, tracked
from webhook_bridge.intake.decisions import DecisionContext, Desired, Later, NewDigest


def test_a_young_image_waits_until_it_is_old_enough() -> None:
    moment = DecisionContext(NOON, first_seen_at=NOON - 100)

    decision = tracked(
        LATEST, "latest", found(NEW, "latest"), Desired(OLD, {}), min_age=3600, moment=moment
    )

    assert isinstance(decision, Later)
    assert decision.wait == 3500
    assert "younger than its min_age, until 2027-01-15 08:58:20 UTC" in decision.detail


def test_only_the_first_delivery_of_a_young_image_waits_for_it() -> None:
    moment = DecisionContext(NOON, first_seen_at=NOON - 100, first_seen_by="d1")

    decision = tracked(
        LATEST, "latest", found(NEW, "latest"), Desired(OLD, {}), min_age=3600, moment=moment
    )

    assert code_of(decision) == "cooling"
    assert "delivery d1 waits for it" in decision.detail


def test_an_image_that_is_old_enough_is_a_release() -> None:
    moment = DecisionContext(NOON, first_seen_at=NOON - 3600, first_seen_by="d1")

    decision = tracked(
        LATEST, "latest", found(NEW, "latest"), Desired(OLD, {}), min_age=3600, moment=moment
    )

    assert decision == NewDigest(NEW, "latest")
