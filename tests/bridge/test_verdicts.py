# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook_bridge.app import App
from webhook_bridge.references import parse_image_name
from webhook_bridge.sources.base import REASONS, NotAPush, Push
from webhook_bridge.verdicts import (
    VERDICTS,
    Claim,
    Desired,
    Later,
    NewDigest,
    Resolved,
    Verdict,
    combine,
    decide_claim,
    match_push,
    rank,
    short,
)

OLD, NEW, OTHER = (f"sha256:{letter * 64}" for letter in "abc")
SHOP = parse_image_name("docker.io/acme/shop")


def app(image: str = "docker.io/acme/shop", track: str = "latest") -> App:
    return App.model_validate({"image": image, "track": track, "hosts": "web"})


def match(
    item: Push | NotAPush, *, hook: str = "docker.io", **apps: App
) -> tuple[list[Claim], list[Verdict]]:
    return match_push(item, apps, hook_registry=hook)


def decide(
    resolved: Resolved,
    *,
    hint: str | None = None,
    desired: str | None = OLD,
    held: dict[str, str] | None = None,
    attempts: int = 0,
    patient: bool = True,
) -> Verdict | Later | NewDigest:
    claim = Claim("shop", SHOP, "latest", hint)
    wish = Desired(desired, held or {})
    return decide_claim(claim, resolved, wish, attempts=attempts, patient=patient)


def code_of(decision: object) -> str:
    assert isinstance(decision, Verdict), decision
    return decision.code


def unanswered(code: str = "registry_unreachable", *, after: float | None = None) -> Resolved:
    return Resolved(None, code, "no answer", retryable=True, retry_after_s=after)


def test_a_body_that_claims_thousands_of_things_has_a_short_detail() -> None:
    found = combine([Verdict("no_app", f"no app uses r/{number}") for number in range(8000)])

    assert found.detail.endswith("and 7995 more")
    assert len(found.detail) < 2000


def test_a_push_of_the_tracked_tag_claims_every_app_that_uses_the_image() -> None:
    claims, verdicts = match(Push("acme/shop", "latest", NEW), shop=app(), twin=app())

    assert claims == [
        Claim("shop", SHOP, "latest", NEW),
        Claim("twin", SHOP, "latest", NEW),
    ]
    assert verdicts == []


def test_an_app_that_tracks_another_tag_is_left_out_without_a_verdict_of_its_own() -> None:
    claims, verdicts = match(Push("acme/shop", "2"), shop=app(track="1"), next=app(track="2"))

    assert [claim.app for claim in claims] == ["next"]
    assert verdicts == []


def test_a_push_of_another_tag_names_what_each_app_tracks() -> None:
    claims, [verdict] = match(Push("acme/shop", "dev"), shop=app(track="1"))

    assert claims == []
    assert verdict.code == "tag_not_tracked"
    assert "shop tracks 1" in verdict.detail


def test_a_push_to_a_repository_that_no_app_uses_says_where_to_look() -> None:
    claims, [verdict] = match(Push("acme/other", "latest"), shop=app())

    assert claims == []
    assert verdict.code == "no_app"
    assert "longshore check" in verdict.detail


def test_the_same_repository_at_another_registry_is_another_image() -> None:
    _, [verdict] = match(Push("acme/shop", "latest"), hook="registry.example.com", shop=app())

    assert verdict.code == "no_app"


def test_a_registry_that_the_push_names_counts_before_the_hooks() -> None:
    push = Push("acme/shop", "latest", registry="docker.io")

    claims, _ = match(push, hook="registry.example.com", shop=app())

    assert [claim.app for claim in claims] == ["shop"]


def test_a_push_without_a_tag_is_untagged() -> None:
    _, [verdict] = match(Push("acme/shop", None), shop=app())

    assert verdict.code == "untagged"


def test_a_repository_outside_the_grammar_is_invalid() -> None:
    _, [verdict] = match(Push("../../x", "latest"), shop=app())

    assert verdict.code == "invalid_reference"


@pytest.mark.parametrize("code", sorted(REASONS))
def test_what_is_no_push_keeps_its_own_reason(code: str) -> None:
    claims, verdicts = match(NotAPush(code, "why"), shop=app())

    assert claims == []
    assert verdicts == [Verdict(code, "why")]
    assert code in VERDICTS


def test_a_digest_that_is_not_desired_yet_is_a_new_one() -> None:
    assert decide(Resolved(NEW)) == NewDigest(NEW)


def test_the_first_digest_of_an_app_is_a_new_one() -> None:
    assert decide(Resolved(NEW), desired=None) == NewDigest(NEW)


def test_the_digest_that_is_desired_already_changes_nothing() -> None:
    assert code_of(decide(Resolved(OLD))) == "unchanged"


def test_a_held_digest_is_not_deployed_and_the_verdict_says_how_to_do_it_all_the_same() -> None:
    decision = decide(Resolved(NEW), held={NEW: "put back"})

    assert code_of(decision) == "held"
    assert "put back" in decision.detail
    assert "longshore deploy shop" in decision.detail


def test_another_held_digest_holds_nothing() -> None:
    assert decide(Resolved(NEW), held={OTHER: "put back"}) == NewDigest(NEW)


def test_a_tag_that_does_not_mean_the_pushed_digest_yet_is_asked_for_again() -> None:
    waits = [decide(Resolved(OLD), hint=NEW, attempts=attempts) for attempts in range(4)]

    assert all(isinstance(one, Later) for one in waits)
    assert [one.wait for one in waits] == sorted(one.wait for one in waits)
    assert sum(one.wait for one in waits) < 10


def test_after_some_tries_the_registry_is_believed_and_not_the_sender() -> None:
    assert code_of(decide(Resolved(OLD), hint=NEW, attempts=4)) == "unchanged"
    assert decide(Resolved(OTHER), hint=NEW, attempts=4) == NewDigest(OTHER)


def test_a_hint_that_agrees_is_no_race() -> None:
    assert decide(Resolved(NEW), hint=NEW) == NewDigest(NEW)


def test_a_missing_tag_is_asked_for_again_before_it_is_gone() -> None:
    gone = Resolved(None, "tag_gone", "is not there")

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

    assert decision == Later(120, "no answer")


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
    assert code_of(decide(Resolved(None, code, "no"))) == verdict


def test_a_body_that_claims_nothing_is_empty() -> None:
    assert combine([]).code == "empty"


def test_equal_details_are_told_once() -> None:
    assert combine([Verdict("no_app", "a"), Verdict("no_app", "a")]).detail == "a"


VERDICT = st.builds(Verdict, st.sampled_from(sorted(VERDICTS)), st.sampled_from("abc"))


@given(st.lists(VERDICT, min_size=1), st.randoms())
def test_the_combined_verdict_does_not_depend_on_the_order(
    verdicts: list[Verdict], random: object
) -> None:
    shuffled = list(verdicts)
    random.shuffle(shuffled)

    one, other = combine(verdicts), combine(shuffled)

    assert one.code == other.code
    assert set(one.detail.split("; ")) == set(other.detail.split("; "))


@given(st.lists(VERDICT, min_size=1))
def test_the_combined_verdict_is_the_weightiest_with_nothing_of_the_others(
    verdicts: list[Verdict],
) -> None:
    combined = combine(verdicts)

    assert rank(combined.code) == min(rank(one.code) for one in verdicts)
    of_that_kind = {one.detail for one in verdicts if one.code == combined.code}
    assert set(combined.detail.split("; ")) == of_that_kind


def test_a_release_outweighs_everything_and_an_unknown_code_nothing() -> None:
    assert min(VERDICTS, key=rank) == "released"
    assert rank("nothing of ours") > max(map(rank, VERDICTS))


def test_every_verdict_fits_its_column_and_explains_itself() -> None:
    assert all(len(code) <= 40 for code in VERDICTS)
    assert all(len(sentence) > 10 for sentence in VERDICTS.values())


def test_a_digest_is_shown_as_docker_shows_it() -> None:
    assert short(NEW) == "b" * 12
