# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from webhook_bridge.config.app import App
from webhook_bridge.domain.references import parse_image_name
from webhook_bridge.domain.verdicts import VERDICTS, Verdict
from webhook_bridge.intake.matching import (
    UpdateCandidate,
    candidate_of,
    match_push,
    newest_candidates,
)
from webhook_bridge.signatures.keys import CosignKeys
from webhook_bridge.sources.pushes import REASONS, NotAPush, Push, push_of
from webhook_bridge.tags import ExactTag

NEW = f"sha256:{'b' * 64}"
SHOP = parse_image_name("docker.io/acme/shop")
LATEST = ExactTag("latest")
SEMVER = {"semver": ">=1.4 <2"}


def app(image: str = "docker.io/acme/shop", track: object = "latest", **fields: object) -> App:
    return App.model_validate({"image": image, "track": track, "hosts": "web"} | fields)


def match(
    item: Push | NotAPush, *, hook: str = "docker.io", **apps: App
) -> tuple[list[UpdateCandidate], list[Verdict]]:
    return match_push(item, apps, hook_registry=hook)


def test_a_push_of_the_tracked_tag_claims_every_app_that_uses_the_image() -> None:
    claims, verdicts = match(Push("acme/shop", "latest", NEW), shop=app(), twin=app())

    assert claims == [
        UpdateCandidate("shop", SHOP, LATEST, "latest", NEW, options=app().options_fingerprint),
        UpdateCandidate("twin", SHOP, LATEST, "latest", NEW, options=app().options_fingerprint),
    ]
    assert verdicts == []


@pytest.mark.parametrize(
    "change",
    [{"container": {"env": {"A": "b"}}}, {"health": {"timeout": 90}}, {"switch": "start_first"}],
)
def test_other_options_of_an_app_are_another_try_of_its_digest(change: dict[str, Any]) -> None:
    assert app(**change).options_fingerprint != app().options_fingerprint
    assert app(keep=5, min_age="1h").options_fingerprint == app().options_fingerprint


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


def test_a_repository_outside_the_grammar_is_invalid() -> None:
    _, [verdict] = match(Push("../../x", "latest"), shop=app())

    assert verdict.code == "invalid_reference"


@pytest.mark.parametrize("code", sorted(REASONS))
def test_what_is_no_push_keeps_its_own_reason(code: str) -> None:
    claims, verdicts = match(NotAPush(code, "why"), shop=app())

    assert claims == []
    assert verdicts == [Verdict(code, "why")]
    assert code in VERDICTS


def test_a_policy_that_does_not_take_a_tag_says_why() -> None:
    claims, [verdict] = match(Push("acme/shop", "1.5.0-rc1"), shop=app(track=SEMVER))

    assert claims == []
    assert verdict == Verdict(
        "tag_not_tracked",
        "docker.io/acme/shop: tag 1.5.0-rc1 is a pre-release; app shop tracks semver >=1.4 <2, "
        "which does not take it",
    )


def test_a_push_that_names_no_tag_claims_every_app_that_uses_the_image() -> None:
    claims, verdicts = match(
        Push("acme/shop", None, NEW), shop=app(track="1"), twin=app(track=SEMVER)
    )

    assert [(claim.app, claim.tag) for claim in claims] == [("shop", None), ("twin", None)]
    assert verdicts == []


def test_apps_that_follow_one_tag_share_a_question_and_policies_do_not() -> None:
    claims, _ = match(Push("acme/shop", "1.4.0"), one=app(track="1.4.0"), two=app(track="1.4.0"))
    policies, _ = match(Push("acme/shop", "1.4.0"), one=app(track=SEMVER), two=app(track=SEMVER))

    assert len({claim.lookup for claim in claims}) == 1
    assert len({claim.lookup for claim in policies}) == 2


@pytest.mark.parametrize(
    ("track", "tags", "newest"),
    [
        ({"semver": "*"}, ["1.4.0", "1.10.0", "1.9.0"], "1.10.0"),
        ({"pattern": "[a-z]+", "order": "pushed"}, ["b", "c", "a"], "a"),
        ({"semver": "*"}, [None, "1.4.0"], "1.4.0"),
    ],
)
def test_several_tags_of_one_push_are_one_claim(
    track: object, tags: list[str | None], newest: str
) -> None:
    shop, other = app(track=track), app(track=track)

    claims = newest_candidates(
        [candidate_of("shop", shop, tag=tag) for tag in tags]
        + [candidate_of("other", other, tag="9.0.0")]
    )

    assert [(claim.app, claim.tag) for claim in claims] == [("shop", newest), ("other", "9.0.0")]


KEYS = CosignKeys(Path("cosign.pub"), ())
SIGNED = {"signature": {"cosign_key": KEYS}}
SIGNATURE_TAG = f"sha256-{'a' * 64}.sig"


@pytest.mark.parametrize("tag", [SIGNATURE_TAG, f"sha256-{'a' * 64}", None])
def test_what_may_be_a_signature_makes_an_app_look_that_wants_one(tag: str | None) -> None:
    item = push_of(repository="acme/shop", tag=tag)
    other = app("docker.io/acme/other", **SIGNED)

    claims, [verdict] = match(item, shop=app(**SIGNED), plain=app(), other=other)

    assert [(claim.app, claim.tag, claim.hint) for claim in claims] == [("shop", None, None)]
    assert verdict.code in ("not_an_image", "untagged")


def test_what_may_be_a_signature_concerns_no_app_that_wants_none() -> None:
    item = push_of(repository="acme/shop", tag=SIGNATURE_TAG)

    claims, [verdict] = match(item, shop=app())

    assert (claims, verdict.code) == ([], "not_an_image")


def test_what_may_be_a_signature_at_another_registry_concerns_no_app() -> None:
    item = push_of(repository="acme/shop", tag=SIGNATURE_TAG)

    claims, _ = match(item, hook="registry.example.com", shop=app(**SIGNED))

    assert claims == []


def test_a_signature_in_what_is_no_repository_claims_nothing() -> None:
    item = NotAPush("not_an_image", "why", repository="../../x")

    assert match(item, shop=app()) == ([], [Verdict("not_an_image", "why")])
