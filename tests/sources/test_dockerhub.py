# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.sending import PAYLOADS, received, sender
from webhook_bridge.sources.pushes import REASONS, NotAPush, Push
from webhook_bridge.strict_json import MalformedBody

DOCKERHUB = sender("dockerhub")
HEX = "0123456789abcdef" * 4


def body(repository: Any, push_data: Any) -> bytes:
    return json.dumps({"repository": repository, "push_data": push_data}).encode()


def read(repository: Any, push_data: Any) -> Push | NotAPush:
    [claim] = DOCKERHUB.read(received(body(repository, push_data)))
    return claim


def code_of(claim: Push | NotAPush) -> str:
    assert isinstance(claim, NotAPush), claim
    return claim.code


@pytest.mark.parametrize("pushed_at", [1417566161, 1.417566161e9, "1417566161", None, "soon", {}])
def test_the_time_of_the_push_may_be_anything(pushed_at: object) -> None:
    claim = read({"repo_name": "acme/shop"}, {"pushed_at": pushed_at, "tag": "1"})

    assert claim == Push("acme/shop", "1")


@pytest.mark.parametrize("name", ["nginx", "_/nginx", "library/nginx"])
def test_an_official_image_is_named_in_full(name: str) -> None:
    assert read({"repo_name": name}, {"tag": "1"}) == Push("library/nginx", "1")


def test_namespace_and_name_stand_in_for_a_missing_full_name() -> None:
    repository = {"repo_name": None, "namespace": "acme", "name": "shop", "full_description": None}

    assert read(repository, {"tag": "1", "images": None}) == Push("acme/shop", "1")


@pytest.mark.parametrize("push_data", [{}, {"tag": None}, {"tag": ""}])
def test_a_push_without_a_tag_is_untagged(push_data: dict[str, object]) -> None:
    assert code_of(read({"repo_name": "acme/shop"}, push_data)) == "untagged"


def test_a_helm_chart_is_not_an_image() -> None:
    push_data = {"tag": "1", "media_type": "application/vnd.cncf.helm.config.v1+json"}

    assert code_of(read({"repo_name": "acme/shop"}, push_data)) == "not_an_image"


@pytest.mark.parametrize(
    "media_type", ["application/vnd.docker.container.image.v1+json", "x/y", None, [], {}]
)
def test_any_other_media_type_is_left_to_the_registry(media_type: object) -> None:
    claim = read({"repo_name": "acme/shop"}, {"tag": "1", "media_type": media_type})

    assert claim == Push("acme/shop", "1")


@pytest.mark.parametrize("tag", [f"sha256-{HEX}.sig", f"sha256-{HEX}"])
def test_a_signature_is_not_an_image(tag: str) -> None:
    assert code_of(read({"repo_name": "acme/shop"}, {"tag": tag})) == "not_an_image"


@pytest.mark.parametrize(
    "tag",
    ["{{ lookup('pipe','id') }}", "--version", "../../x", "a\n", "a\x1b[2J", "٣", "a" * 129, 5, []],
)
def test_a_hostile_tag_is_an_invalid_reference(tag: object) -> None:
    claim = read({"repo_name": "acme/shop"}, {"tag": tag})

    assert code_of(claim) == "invalid_reference"
    assert isinstance(claim, NotAPush)
    assert claim.detail.replace("…", "").isprintable()


@pytest.mark.parametrize(
    "name",
    [
        "{{ x }}",
        "--version",
        "../../x",
        "Acme/shop",
        "evil.example:5000/x",
        "https://evil.example/x",
        "a" * 256,
        "",
        None,
        5,
        {},
    ],
)
def test_a_hostile_repository_is_an_invalid_reference(name: object) -> None:
    assert code_of(read({"repo_name": name}, {"tag": "1"})) == "invalid_reference"


@pytest.mark.parametrize("part", [None, [], "x", 5])
def test_json_of_another_sender_has_an_unexpected_shape(part: object) -> None:
    assert code_of(read(part, {"tag": "1"})) == "unexpected_shape"
    assert code_of(read({"repo_name": "acme/shop"}, part)) == "unexpected_shape"


def test_what_is_not_json_is_malformed() -> None:
    with pytest.raises(MalformedBody):
        DOCKERHUB.read(received(b"payload=%7B%7D"))


def test_hosts_and_urls_of_the_payload_do_not_matter() -> None:
    payload = json.loads((PAYLOADS / "dockerhub-1.json").read_bytes())
    for holder, key in (
        (payload, "callback_url"),
        (payload["repository"], "repo_url"),
        (payload["repository"], "owner"),
    ):
        holder[key] = "http://169.254.169.254/"

    assert DOCKERHUB.read(received(json.dumps(payload).encode())) == [
        Push("svendowideit/testhook", "latest")
    ]


@given(
    st.recursive(
        st.none() | st.text() | st.integers(-9, 9),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["tag", "repo_name", "media_type", "name"]), inner)
        ),
    ),
    st.dictionaries(
        st.sampled_from(["tag", "media_type"]), st.text() | st.none() | st.lists(st.text())
    ),
)
def test_any_json_ends_in_a_push_or_a_documented_reason(repository: Any, push_data: Any) -> None:
    try:
        claim = read(repository, push_data)
    except MalformedBody:
        return
    assert isinstance(claim, Push) or claim.code in REASONS
