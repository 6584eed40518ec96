# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.sending import codes, payload, received, sender
from webhook_bridge.sources.pushes import NotAPush, Push

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
        {"image": "web:1", "repository": "acme/web", "digest": DIGEST},
        {"image": "acme/web", "imageTag": "1", "tag": "1", "reference": DIGEST, "digest": DIGEST},
        {"image": f"acme/web:1@{DIGEST}", "tag": "1", "imageDigest": DIGEST, "name": "a label"},
        {"image": f"registry.example.com/acme/web:1@{DIGEST}", "registry": "a label"},
        {"image": f"acme/web:1@{DIGEST}", "repository": {"name": "web"}},
        {
            "image": "web:1",
            "repository": "acme/web",
            "digest": DIGEST,
            "registry": "registry.example.com",
        },
    ],
)
def test_an_image_may_be_named_in_several_ways(data: dict[str, Any]) -> None:
    assert read(**data) == [Push("acme/web", "1", DIGEST, "registry.example.com")]


@pytest.mark.parametrize(
    "kind",
    [
        "harbor.artifact.deleted",
        "x.image.PULLED",
        "x.scan.done",
        "com.example.scan.done.v1",
        "com.example/image/deleted/1",
        "Microsoft.ContainerRegistry.ImageDeleted",
        "deleted",
    ],
)
def test_other_types_are_not_a_push(kind: str) -> None:
    assert codes(read(kind, name="acme/web", tag="1")) == ["not_a_push"]


@pytest.mark.parametrize(
    "prefix", ["com.scania.registry.", "org.pulldown.", "com.delete-me.lint.quota.", ""]
)
def test_the_domain_before_what_happened_may_be_any_words(prefix: str) -> None:
    claims = read(f"{prefix}image.updated", name="acme/web", reference="1")

    assert claims == [Push("acme/web", "1", None, "registry.example.com")]


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
        ({"repository": "acme/web", "tag": "1", "registry": "web@evil"}, "invalid_reference"),
        ({"image": "acme/web:1", "tag": "2"}, "invalid_reference"),
        ({"image": "acme/web", "tag": "1", "imageTag": "2"}, "invalid_reference"),
        ({"image": "acme/web@evil.example", "tag": "1"}, "invalid_reference"),
        ({"image": f"acme/web:1@{DIGEST}", "digest": f"sha256:{'f' * 64}"}, "invalid_reference"),
        ({"image": "acme/web:1", "repository": "acme/api"}, "invalid_reference"),
        ({"image": "web:1", "repositoryName": "acme"}, "invalid_reference"),
        (
            {"image": "registry.example.com/acme/web:1", "registryUrl": "https://evil.example"},
            "invalid_reference",
        ),
    ],
)
def test_what_is_no_tagged_image_has_a_reason(data: dict[str, Any], code: str) -> None:
    assert codes(read(**data)) == [code]


def test_the_names_of_docker_hub_are_one_registry() -> None:
    data = {"image": "docker.io/acme/web:1", "registryUrl": "https://index.docker.io/v1/"}
    event = {"specversion": "1.0", "type": "x", "data": data}

    assert ANY.read(received(json.dumps(event).encode())) == [
        Push("acme/web", "1", None, "docker.io")
    ]


def test_an_event_without_a_registry_needs_one_in_the_hooks_table() -> None:
    event = {"specversion": "1.0", "type": "x", "data": {"repository": "acme/web", "tag": "1"}}
    body = json.dumps(event).encode()

    assert codes(ANY.read(received(body))) == ["not_configured"]


def test_source_and_id_together_name_an_event() -> None:
    assert EVENTS.delivery_id(received(b'{"source": "/x", "id": "1"}')) == "/x 1"
    assert EVENTS.delivery_id(received(headers={"Ce-Source": "/x", "Ce-Id": "1"})) == "/x 1"
    assert EVENTS.delivery_id(received(b'{"id": "1"}')) is None


def read_zot(kind: str | None, **fields: Any) -> list[Push | NotAPush]:
    body = {"name": "acme/web", "reference": "1", "digest": DIGEST} | fields
    headers = {"Ce-Id": "5"} | ({} if kind is None else {"Ce-Type": kind})
    return ZOT.read(received(json.dumps(body).encode(), headers))


def test_zots_type_is_in_a_header_and_its_reference_a_tag_or_a_digest() -> None:
    updated = "zotregistry.image.updated"

    assert read_zot(updated) == [Push("acme/web", "1", DIGEST)]
    assert read_zot(None) == [Push("acme/web", "1", DIGEST)]
    assert codes(read_zot(updated, reference=DIGEST)) == ["untagged"]
    assert codes(read_zot(updated, reference="-x")) == ["invalid_reference"]
    chart = "application/vnd.cncf.helm.config.v1+json"
    assert codes(read_zot(updated, mediaType=chart)) == ["not_an_image"]


@pytest.mark.parametrize("prefix", ["zotregistry.", "com.example.registry.", "acme.", ""])
def test_zots_types_may_have_any_prefix(prefix: str) -> None:
    assert codes(read_zot(f"{prefix}image.updated")) == ["push"]
    for other in ("image.deleted", "image.lint_failed", "image.scanned", "repository.created"):
        assert codes(read_zot(f"{prefix}{other}")) == ["not_a_push"]


@pytest.mark.parametrize(
    "kind",
    [
        "image",
        "updated",
        "com.example.myimage.updated",
        "com.example.image.updated.deleted",
        "com.example.image.updated\n",
        "com.example.IMAGE.UPDATED",
        "\xe9.image.updated",
    ],
)
def test_what_only_looks_like_an_update_of_an_image_is_none(kind: str) -> None:
    assert codes(read_zot(kind)) == ["not_a_push"]


def test_zots_event_has_an_id() -> None:
    assert ZOT.delivery_id(payload("zot-updated-1.json", {"Ce-Id": "5"})) == "5"
