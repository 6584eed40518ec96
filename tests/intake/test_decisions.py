# SPDX-License-Identifier: GPL-3.0-or-later
"""What is decided of the digest of one tag."""

from __future__ import annotations

import pytest

from tests.support.candidates import (
    LATEST,
    NEW,
    NOON,
    OLD,
    OTHER,
    SHOP,
    code_of,
    found,
    tracked,
    unanswered,
)
from webhook_bridge.domain.verdicts import Verdict
from webhook_bridge.intake.decisions import (
    DecisionContext,
    Desired,
    Later,
    NewDigest,
    TagResolution,
    decide_candidate,
)
from webhook_bridge.intake.matching import UpdateCandidate


def decide(
    resolved: TagResolution,
    *,
    hint: str | None = None,
    desired: str | None = OLD,
    held: dict[str, str] | None = None,
    attempts: int = 0,
    patient: bool = True,
) -> Verdict | Later | NewDigest:
    claim = UpdateCandidate("shop", SHOP, LATEST, "latest", hint)
    wish = Desired(desired, held or {}, "latest")
    moment = DecisionContext(NOON, attempts, patient=patient)
    if resolved.digest is not None:
        resolved = found(resolved.digest, "latest")
    return decide_candidate(claim, resolved, wish, moment)


def push_again(*, polled: bool, held: dict[str, str] | None = None) -> Verdict | Later | NewDigest:
    claim = UpdateCandidate("shop", SHOP, LATEST, "latest", None)
    wish = Desired(OLD, held or {}, "latest", failed=True)
    return decide_candidate(claim, found(OLD, "latest"), wish, DecisionContext(NOON, polled=polled))


def test_what_failed_before_any_host_was_switched_is_brought_again_by_another_push() -> None:
    assert push_again(polled=False) == NewDigest(OLD, "latest")
    assert code_of(push_again(polled=False, held={OLD: "put back"})) == "held"


def test_a_poll_brings_nothing_again_that_failed_and_says_so() -> None:
    verdict = push_again(polled=True)

    assert isinstance(verdict, Verdict)
    assert verdict.code == "unchanged"
    assert "its release failed" in verdict.detail


def test_a_poll_brings_again_what_failed_where_the_options_were_corrected() -> None:
    claim = UpdateCandidate("shop", SHOP, LATEST, "latest", None)
    wish = Desired(OLD, {}, "latest", failed=True, corrected=True)

    decision = decide_candidate(
        claim, found(OLD, "latest"), wish, DecisionContext(NOON, polled=True)
    )

    assert decision == NewDigest(OLD, "latest")


@pytest.mark.parametrize(("repeats", "code"), [("first", "duplicate"), (None, "new")])
def test_a_repetition_of_what_was_not_finished_is_no_other_try(
    repeats: str | None, code: str
) -> None:
    claim = UpdateCandidate("shop", SHOP, LATEST, "latest", None)
    wish = Desired(OLD, {}, "latest", unfinished=frozenset([NEW]))

    moment = DecisionContext(NOON, repeats=repeats)
    decision = decide_candidate(claim, found(NEW, "latest"), wish, moment)

    assert decision == NewDigest(NEW, "latest") if code == "new" else code_of(decision) == code


def test_a_digest_that_is_not_desired_yet_is_a_new_one() -> None:
    assert decide(TagResolution(NEW)) == NewDigest(NEW, "latest")


def test_the_first_digest_of_an_app_is_a_new_one() -> None:
    assert decide(TagResolution(NEW), desired=None) == NewDigest(NEW, "latest")


def test_the_digest_that_is_desired_already_changes_nothing() -> None:
    assert code_of(decide(TagResolution(OLD))) == "unchanged"


def test_a_held_digest_is_not_deployed_and_the_verdict_says_how_to_do_it_all_the_same() -> None:
    decision = decide(TagResolution(NEW), held={NEW: "put back"})

    assert code_of(decision) == "held"
    assert "put back" in decision.detail
    assert "longshore deploy shop" in decision.detail


def test_another_held_digest_holds_nothing() -> None:
    assert decide(TagResolution(NEW), held={OTHER: "put back"}) == NewDigest(NEW, "latest")


def test_a_tag_that_does_not_mean_the_pushed_digest_yet_is_asked_for_again() -> None:
    waits = [decide(TagResolution(OLD), hint=NEW, attempts=attempts) for attempts in range(4)]

    assert all(isinstance(one, Later) for one in waits)
    assert [one.wait for one in waits] == sorted(one.wait for one in waits)
    assert sum(one.wait for one in waits) < 10


def test_after_some_tries_the_registry_is_believed_and_not_the_sender() -> None:
    assert code_of(decide(TagResolution(OLD), hint=NEW, attempts=4)) == "unchanged"
    assert decide(TagResolution(OTHER), hint=NEW, attempts=4) == NewDigest(OTHER, "latest")


def test_a_hint_that_agrees_is_no_race() -> None:
    assert decide(TagResolution(NEW), hint=NEW) == NewDigest(NEW, "latest")


def test_a_missing_tag_is_asked_for_again_before_it_is_gone() -> None:
    gone = TagResolution(None, "tag_gone", "is not there")

    early = [decide(gone, attempts=attempts) for attempts in range(4)]

    assert all(isinstance(one, Later) for one in early)
    assert code_of(decide(gone, attempts=4)) == "tag_gone"


@pytest.mark.parametrize("attempts", [0, 1, 4, 5, 1000])
def test_a_registry_that_does_not_answer_is_asked_again_while_there_is_patience(
    attempts: int,
) -> None:
    decision = decide(unanswered(), attempts=attempts)

    assert isinstance(decision, Later)
    assert 1 <= decision.wait <= 60


def test_a_registry_that_names_a_wait_gets_it() -> None:
    decision = decide(unanswered("registry_rate_limited", after=120))

    assert isinstance(decision, Later)
    assert decision.wait == 120
    assert "Asked again at 2027-01-15 08:02:00 UTC" in decision.detail


@pytest.mark.parametrize("code", ["registry_unreachable", "registry_rate_limited"])
def test_when_patience_ends_the_registry_was_unreachable(code: str) -> None:
    assert code_of(decide(unanswered(code), patient=False)) == "registry_unreachable"


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("registry_denied", "registry_denied"),
        ("registry_unusable_answer", "registry_failed"),
        ("something_new", "registry_failed"),
    ],
)
def test_an_answer_that_asking_again_does_not_help_is_a_verdict_at_once(
    code: str, verdict: str
) -> None:
    assert code_of(decide(TagResolution(None, code, "no"))) == verdict


def test_a_repeated_delivery_of_what_is_desired_names_the_first() -> None:
    desired = Desired(OLD, {}, "latest")

    decision = tracked(
        LATEST, "latest", found(OLD, "latest"), desired, moment=DecisionContext(NOON, repeats="d1")
    )

    assert decision == Verdict(
        "duplicate", "shop: repeats delivery d1; docker.io/acme/shop:latest is aaaaaaaaaaaa already"
    )


def test_a_repeated_delivery_of_a_new_digest_is_a_release_all_the_same() -> None:
    moment = DecisionContext(NOON, repeats="d1")

    decision = tracked(LATEST, "latest", found(NEW, "latest"), Desired(OLD, {}), moment=moment)

    assert decision == NewDigest(NEW, "latest")
