# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.sending import codes, hex_signature, received, sender
from webhook_bridge.authentication import verify
from webhook_bridge.sources.pushes import NotAPush, Push

GITHUB = sender("github")
DIGEST = "sha256:" + "0123456789abcdef" * 4


def package(tag: Any = "1.4.0", *, name: Any = "web", **fields: Any) -> dict[str, Any]:
    metadata = {"tag": {"name": tag, "digest": DIGEST}, "manifest": {"digest": DIGEST}}
    version = {"version": DIGEST, "container_metadata": metadata} | fields.pop("version", {})
    usual = {"name": name, "namespace": "acme", "package_type": "CONTAINER"}
    return usual | {"package_version": version} | fields


def read(
    found: Any, *, action: Any = "published", key: str = "package", event: str | None = "package"
) -> list[Push | NotAPush]:
    headers = {} if event is None else {"X-GitHub-Event": event}
    return GITHUB.read(received(json.dumps({"action": action, key: found}).encode(), headers))


@pytest.mark.parametrize("key", ["package", "registry_package"])
@pytest.mark.parametrize("action", ["published", "updated"])
def test_a_tagged_image_is_a_push_and_a_look_at_the_tracked_tags(key: str, action: str) -> None:
    claims = read(package(), key=key, event=key, action=action)

    assert claims == [Push("acme/web", "1.4.0", DIGEST), Push("acme/web", None)]


@pytest.mark.parametrize("tag", ["", None])
def test_an_untagged_manifest_is_a_look_at_the_tracked_tags(tag: object) -> None:
    assert read(package(tag)) == [Push("acme/web", None)]


def test_an_event_without_its_header_is_told_by_its_body() -> None:
    assert read(package(), event=None)[0] == Push("acme/web", "1.4.0", DIGEST)


@pytest.mark.parametrize(
    ("url", "repository"),
    [
        ("ghcr.io/Acme/Web:1.4.0", "acme/web"),
        ("ghcr.io/acme/cadence/api:", "acme/cadence/api"),
        ("ghcr.io/acme/web", "acme/web"),
        ("ghcr.io/acme/cadence/api", "acme/cadence/api"),
        (f"ghcr.io/acme/cadence/api@{DIGEST}", "acme/cadence/api"),
        (f"ghcr.io/acme/cadence/api:1@{DIGEST}", "acme/cadence/api"),
        ("acme/cadence/api:1", "acme/web"),
        ("ghcr.io/../../x:1", "acme/web"),
        ("{{ x }}", "acme/web"),
        (None, "acme/web"),
        (5, "acme/web"),
    ],
)
def test_the_repository_is_what_one_would_pull(url: object, repository: str) -> None:
    assert read(package("", version={"package_url": url})) == [Push(repository, None)]


def test_a_name_may_have_several_parts_and_capitals() -> None:
    assert read(package("", name="Cadence/API")) == [Push("acme/cadence/api", None)]


@pytest.mark.parametrize("action", ["deleted", "created", None, 5, [], {}])
def test_other_actions_are_not_a_push(action: object) -> None:
    assert codes(read(package(), action=action)) == ["not_a_push"]


@pytest.mark.parametrize("event", ["push", "workflow_run", "PACKAGE"])
def test_other_events_are_not_a_push(event: str) -> None:
    assert codes(read(package(), event=event)) == ["not_a_push"]


@pytest.mark.parametrize("kind", ["npm", "maven", None, 5])
def test_a_package_of_another_type_is_not_an_image(kind: object) -> None:
    assert codes(read(package(package_type=kind))) == ["not_an_image"]


@pytest.mark.parametrize(
    "media_type",
    [
        "application/vnd.cncf.helm.config.v1+json",
        "application/vnd.dev.cosign.simplesigning.v1+json",
    ],
)
def test_a_chart_or_a_signature_is_not_an_image(media_type: str) -> None:
    found = package()
    found["package_version"]["container_metadata"]["manifest"]["config"] = {
        "media_type": media_type
    }

    assert codes(read(found)) == ["not_an_image"]


def test_a_signatures_tag_is_not_an_image() -> None:
    assert codes(read(package(DIGEST.replace(":", "-") + ".sig"))) == ["not_an_image"]


@pytest.mark.parametrize("tag", ["{{ x }}", "--version", "a\n", 5, []])
def test_a_hostile_tag_is_an_invalid_reference(tag: object) -> None:
    assert codes(read(package(tag))) == ["invalid_reference"]


@pytest.mark.parametrize("name", ["{{ x }}", "../x", "", None, 5])
def test_a_hostile_name_is_an_invalid_reference(name: object) -> None:
    assert codes(read(package(name=name))) == ["invalid_reference"]


def test_a_redelivery_has_the_id_of_the_first_delivery() -> None:
    headers = {"X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958"}

    assert GITHUB.delivery_id(received(headers=headers)) == headers["X-GitHub-Delivery"]


def test_the_signature_over_sha256_is_the_one_that_counts() -> None:
    body, secret = b'{"zen": "x"}', b"s" * 43
    good = {"X-Hub-Signature-256": "sha256=" + hex_signature(body, secret)}
    old = {"X-Hub-Signature": "sha1=" + hex_signature(body, secret, "sha1")}

    assert verify(GITHUB.scheme, received(body, good), [secret])
    assert not verify(GITHUB.scheme, received(body, old), [secret])
