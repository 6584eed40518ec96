# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook_bridge.config.signature import Signature
from webhook_bridge.domain.references import parse_image_name
from webhook_bridge.domain.verdicts import Verdict
from webhook_bridge.intake.decisions import (
    DecisionContext,
    Desired,
    Later,
    NewDigest,
    TagResolution,
    decide_candidate,
    needs_signature,
)
from webhook_bridge.intake.matching import UpdateCandidate
from webhook_bridge.signatures.check import SignatureCheck
from webhook_bridge.signatures.keys import CosignKeys
from webhook_bridge.tags import Track
from webhook_bridge.tags.policy import is_older
from webhook_bridge.tags.schema import parse_track

OLD, NEW, OTHER = (f"sha256:{letter * 64}" for letter in "abc")
SHOP = parse_image_name("docker.io/acme/shop")
SEMVER = parse_track({"semver": ">=1.4 <3"})
BY_PUSH = parse_track({"pattern": "[a-z]+", "order": "pushed"})
LATEST = parse_track("latest")
NOON = 1_800_000_000.0


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


def found(digest: str, tag: str) -> TagResolution:
    return TagResolution(digest, tag=tag)


def tracked(
    track: Track,
    pushed: str | None,
    resolved: TagResolution,
    desired: Desired,
    *,
    min_age: float = 0.0,
    moment: DecisionContext | None = None,
) -> Verdict | Later | NewDigest:
    claim = UpdateCandidate("shop", SHOP, track, pushed, None, min_age)
    return decide_candidate(claim, resolved, desired, moment or DecisionContext(NOON))


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


def code_of(decision: object) -> str:
    assert isinstance(decision, Verdict), decision
    return decision.code


def unanswered(code: str = "registry_unreachable", *, after: float | None = None) -> TagResolution:
    return TagResolution(None, code, "no answer", retryable=True, retry_after_s=after)


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


SIGNED = Signature.model_construct(cosign_key=CosignKeys(Path("cosign.pub"), ()), wait=60.0)


def signed(check: SignatureCheck | None, *, age: float = 0.0) -> Verdict | Later | NewDigest:
    claim = UpdateCandidate("shop", SHOP, LATEST, "latest", None, signature=SIGNED)
    moment = DecisionContext(NOON, first_seen_at=NOON - age, signature=check)
    return decide_candidate(claim, found(NEW, "latest"), Desired(OLD, {}), moment)


def test_only_an_image_with_a_good_signature_is_a_release() -> None:
    assert signed(SignatureCheck(good=True)) == NewDigest(NEW, "latest")
    assert isinstance(signed(None), Later)


def test_a_missing_signature_is_waited_for_and_then_blocks() -> None:
    missing = SignatureCheck(good=False, reason="no signature is there")

    early, late = signed(missing, age=58.0), signed(missing, age=61.0)

    assert isinstance(early, Later)
    assert early.wait == 2.0
    assert code_of(late) == "unsigned"
    assert "has no good signature: no signature is there; sign it with" in late.detail


def test_a_registry_that_cannot_tell_of_signatures_is_asked_again() -> None:
    busy = SignatureCheck(good=False, reason="busy", retryable=True, retry_after_s=90.0)

    decision = signed(busy, age=3600.0)

    assert isinstance(decision, Later)
    assert decision.wait == 90.0


def test_a_signature_is_looked_for_only_where_a_release_may_follow() -> None:
    claim = UpdateCandidate("shop", SHOP, LATEST, "latest", None, signature=SIGNED)

    assert needs_signature(claim, found(NEW, "latest"), Desired(OLD, {}))
    assert not needs_signature(claim, found(OLD, "latest"), Desired(OLD, {}))
    assert not needs_signature(claim, found(NEW, "latest"), Desired(OLD, {NEW: "put back"}))
    assert not needs_signature(claim, unanswered(), Desired(OLD, {}))
    assert not needs_signature(replace(claim, signature=None), found(NEW, "1"), Desired(OLD, {}))
