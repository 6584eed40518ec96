# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.sending import codes, hex_signature, received, sender
from webhook_bridge.authentication import verify
from webhook_bridge.sources.base import Source
from webhook_bridge.sources.pushes import NotAPush, Push

REGISTRY = "nexus.example.com:8082"
NEXUS = sender("nexus", registries={"docker-hosted": REGISTRY})
SECRET = b"s" * 43
DIGEST = "sha256:" + "0" * 64


def read(
    kind: str = "component",
    *,
    source: Source = NEXUS,
    action: Any = "CREATED",
    repository: Any = "docker-hosted",
    **fields: Any,
) -> list[Push | NotAPush]:
    thing = {"format": "docker", "name": "acme/web", "version": "1.4.0"} | fields
    body = {"repositoryName": repository, "action": action, kind: thing}
    return source.read(received(json.dumps(body).encode()))


@pytest.mark.parametrize("action", ["CREATED", "UPDATED"])
def test_a_component_is_a_push_in_the_registry_of_its_repository(action: str) -> None:
    assert read(action=action) == [Push("acme/web", "1.4.0", None, REGISTRY)]


@pytest.mark.parametrize("name", ["v2/acme/web/manifests/1.4.0", "/v2/acme/web/manifests/1.4.0"])
def test_a_manifest_among_the_assets_is_a_push(name: str) -> None:
    assert read("asset", name=name) == [Push("acme/web", "1.4.0", None, REGISTRY)]


def test_repositories_that_are_not_listed_are_in_the_hooks_registry() -> None:
    [claim] = read(source=sender("nexus", registry="other.example.com"), repository="x")

    assert isinstance(claim, Push)
    assert claim.registry == "other.example.com"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"repository": "docker-other"}, "not_configured"),
        ({"repository": None}, "unexpected_shape"),
        ({"action": "DELETED"}, "not_a_push"),
        ({"action": "PURGED"}, "not_a_push"),
        ({"format": "npm"}, "not_an_image"),
        ({"version": DIGEST}, "untagged"),
        ({"version": None}, "untagged"),
        ({"version": "--x"}, "invalid_reference"),
        ({"kind": "asset", "name": f"v2/-/blobs/{DIGEST}"}, "not_an_image"),
        ({"kind": "asset", "name": f"v2/acme/web/manifests/{DIGEST}"}, "untagged"),
        ({"kind": "asset", "name": "v2/../x/manifests/1"}, "invalid_reference"),
    ],
)
def test_what_is_no_tagged_image_has_a_reason(changes: dict[str, Any], code: str) -> None:
    assert codes(read(**changes)) == [code]


def test_its_signature_is_over_sha1() -> None:
    body = b"{}"
    headers = {"X-Nexus-Webhook-Signature": hex_signature(body, SECRET, "sha1")}

    assert verify(NEXUS.scheme, received(body, headers), [SECRET])


def test_the_header_has_the_deliverys_id() -> None:
    headers = {"X-Nexus-Webhook-Delivery": "7f4a6dde"}

    assert NEXUS.delivery_id(received(headers=headers)) == "7f4a6dde"
