# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.sending import codes, received, sender
from webhook_bridge.sources.pushes import REASONS, NotAPush, Push
from webhook_bridge.strict_json import MalformedBody

DISTRIBUTION = sender("distribution", registry="registry.example.com")
DIGEST = "sha256:" + "0123456789abcdef" * 4
INDEX = "application/vnd.oci.image.index.v1+json"


def read(*events: Any) -> list[Push | NotAPush]:
    return DISTRIBUTION.read(received(json.dumps({"events": events}).encode()))


def push(**target: Any) -> dict[str, Any]:
    usual = {"mediaType": INDEX, "repository": "acme/shop", "tag": "1", "digest": DIGEST}
    return {"action": "push", "target": usual | target}


def test_several_events_of_one_envelope_are_all_read() -> None:
    claims = read(push(tag="1"), {"action": "pull", "target": {}}, push(tag="2"))

    assert claims[0] == Push("acme/shop", "1", DIGEST)
    assert codes(claims) == ["push", "not_a_push", "push"]


def test_equal_claims_of_one_envelope_are_one() -> None:
    assert read(push(), push(), push()) == [Push("acme/shop", "1", DIGEST)]


@pytest.mark.parametrize(
    "media_type",
    [
        INDEX,
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "",
        None,
    ],
)
def test_a_tagged_manifest_of_any_kind_is_a_push(media_type: object) -> None:
    assert codes(read(push(mediaType=media_type))) == ["push"]


@pytest.mark.parametrize("media_type", ["application/octet-stream", "x/y", 5, [], {}])
def test_a_layer_is_not_an_image(media_type: object) -> None:
    assert codes(read(push(mediaType=media_type))) == ["not_an_image"]


@pytest.mark.parametrize("action", ["pull", "mount", "delete", "ping", "PUSH", None, 5, [], {}])
def test_other_actions_are_not_a_push(action: object) -> None:
    assert codes(read(push() | {"action": action})) == ["not_a_push"]


@pytest.mark.parametrize("tag", [None, "", DIGEST])
def test_a_push_by_digest_is_untagged(tag: object) -> None:
    assert codes(read(push(tag=tag))) == ["untagged"]


def test_a_signature_is_not_an_image() -> None:
    assert codes(read(push(tag=DIGEST.replace(":", "-") + ".sig"))) == ["not_an_image"]


@pytest.mark.parametrize("digest", [None, "sha256:0123456789abcdef0", "{{ x }}", 5, [], {}, "x"])
def test_a_digest_out_of_shape_is_left_out(digest: object) -> None:
    assert read(push(digest=digest)) == [Push("acme/shop", "1", digest=None)]


@pytest.mark.parametrize(
    "target",
    [
        {"tag": "{{ lookup('pipe','id') }}"},
        {"tag": "--version"},
        {"tag": "../../x"},
        {"tag": "a\r\nSet-Cookie: x"},
        {"tag": 5},
        {"repository": "../../x"},
        {"repository": "{{ x }}"},
        {"repository": "-x"},
        {"repository": "host.example:5000/x"},
        {"repository": None},
        {"repository": ["acme/shop"]},
    ],
)
def test_a_hostile_name_is_an_invalid_reference(target: dict[str, object]) -> None:
    assert codes(read(push(**target))) == ["invalid_reference"]


@pytest.mark.parametrize("event", [None, 5, "push", [], {"action": "push"}])
def test_an_event_out_of_shape_says_so_or_is_not_a_push(event: object) -> None:
    assert codes(read(event)) == ["unexpected_shape"]


@pytest.mark.parametrize("body", [b"{}", b'{"events": null}', b'{"events": {}}'])
def test_a_body_without_events_has_an_unexpected_shape(body: bytes) -> None:
    assert codes(DISTRIBUTION.read(received(body))) == ["unexpected_shape"]


def test_an_empty_envelope_is_not_a_push() -> None:
    assert codes(read()) == ["not_a_push"]


def test_what_is_not_json_is_malformed() -> None:
    with pytest.raises(MalformedBody):
        DISTRIBUTION.read(received(b"\x80"))


def test_hosts_and_urls_of_an_event_do_not_matter() -> None:
    event = push(url="http://169.254.169.254/") | {"request": {"host": "evil.example"}}

    assert read(event) == [Push("acme/shop", "1", DIGEST)]


def test_both_versions_of_the_media_type_are_taken() -> None:
    assert {
        "application/vnd.docker.distribution.events.v1+json",
        "application/vnd.docker.distribution.events.v2+json",
        "application/json",
    } == DISTRIBUTION.content_types


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.text() | st.integers(-9, 9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "action": st.just("push") | ANYTHING,
                "target": st.dictionaries(
                    st.sampled_from(["repository", "tag", "digest", "mediaType"]), ANYTHING
                ),
            },
        )
        | ANYTHING,
        max_size=4,
    )
)
def test_any_events_end_in_pushes_or_documented_reasons(events: list[Any]) -> None:
    try:
        claims = read(*events)
    except MalformedBody:
        return
    assert claims
    assert all(isinstance(claim, Push) or claim.code in REASONS for claim in claims)
