# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest

from tests.bridge.sending import codes, payload, received, sender
from webhook_bridge.sources.claims import NotAPush, Push

EVENTS = sender("cloudevents", registry="registry.example.com")
ANY = sender("cloudevents")
ZOT = sender("zot")
DIGEST = "sha256:" + "0123456789abcdef" * 4


def read(kind: Any = "com.example.image.pushed", **data: Any) -> list[Push | NotAPush]:
    """Read the same event in structured and in binary mode."""
    event = {"specversion": "1.0", "id": "1", "source": "/x", "type": kind, "data": data}
    structured = EVENTS.read(received(json.dumps(event).encode()))
    binary = EVENTS.read(received(json.dumps(data).encode(), {"Ce-Type": str(kind)}))
    assert structured == binary
    return structured


@pytest.mark.parametrize(
    "data",
    [
        {"repositoryName": "acme/web", "imageTag": "1", "imageDigest": DIGEST},
        {"repository": "acme/web", "tag": "1", "digest": DIGEST},
        {"name": "acme/web", "reference": "1", "digest": DIGEST},
        {"image": f"registry.example.com/acme/web:1@{DIGEST}"},
        {
            "repository": "acme/web",
            "tag": "1",
            "digest": DIGEST,
            "registryUrl": "https://registry.example.com/",
        },
    ],
)
def test_an_image_may_be_named_in_several_ways(data: dict[str, Any]) -> None:
    assert read(**data) == [Push("acme/web", "1", DIGEST, "registry.example.com")]


@pytest.mark.parametrize("kind", ["harbor.artifact.deleted", "x.image.PULLED", "x.scan.done"])
def test_other_types_are_not_a_push(kind: str) -> None:
    assert codes(read(kind, name="acme/web", tag="1")) == ["not_a_push"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({}, "unexpected_shape"),
        ({"repository": {"name": "x"}}, "unexpected_shape"),
        ({"repository": "acme/web"}, "untagged"),
        ({"repository": "acme/web", "tag": DIGEST}, "untagged"),
        ({"repository": "acme/web", "tag": "{{ x }}"}, "invalid_reference"),
        ({"repository": "acme/web", "tag": "1", "registry": "other.example.com"}, "not_configured"),
        ({"repository": "acme/web", "tag": "1", "registry": "../x"}, "invalid_reference"),
    ],
)
def test_what_is_no_tagged_image_has_a_reason(data: dict[str, Any], code: str) -> None:
    assert codes(read(**data)) == [code]


def test_an_event_without_a_registry_needs_one_in_the_hooks_table() -> None:
    event = {"specversion": "1.0", "type": "x", "data": {"repository": "acme/web", "tag": "1"}}
    body = json.dumps(event).encode()

    assert codes(ANY.read(received(body))) == ["not_configured"]


def test_source_and_id_together_name_an_event() -> None:
    assert EVENTS.delivery_id(received(b'{"source": "/x", "id": "1"}')) == "/x 1"
    assert EVENTS.delivery_id(received(headers={"Ce-Source": "/x", "Ce-Id": "1"})) == "/x 1"
    assert EVENTS.delivery_id(received(b'{"id": "1"}')) is None


def test_zots_type_is_in_a_header_and_its_reference_a_tag_or_a_digest() -> None:
    body = {"name": "acme/web", "reference": "1", "digest": DIGEST}

    def read_zot(kind: str, **fields: Any) -> list[Push | NotAPush]:
        headers = {"Ce-Type": f"zotregistry.{kind}", "Ce-Id": "5"}
        return ZOT.read(received(json.dumps(body | fields).encode(), headers))

    assert read_zot("image.updated") == [Push("acme/web", "1", DIGEST)]
    assert codes(read_zot("image.updated", reference=DIGEST)) == ["untagged"]
    assert codes(read_zot("image.updated", reference="-x")) == ["invalid_reference"]
    assert codes(read_zot("image.deleted")) == ["not_a_push"]
    assert codes(read_zot("repository.created")) == ["not_a_push"]
    chart = "application/vnd.cncf.helm.config.v1+json"
    assert codes(read_zot("image.updated", mediaType=chart)) == ["not_an_image"]


def test_zots_event_has_an_id() -> None:
    assert ZOT.delivery_id(payload("zot-updated-1.json", {"Ce-Id": "5"})) == "5"
