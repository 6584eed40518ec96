# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.sending import codes, received, sender
from webhook_bridge.authentication import verify
from webhook_bridge.sources.pushes import NotAPush, Push

HARBOR = sender("harbor")
DIGEST = "sha256:" + "0123456789abcdef" * 4
REPOSITORY = {"name": "shop", "namespace": "acme", "repo_full_name": "acme/shop"}


def read(kind: Any, *resources: Any, repository: Any = REPOSITORY) -> list[Push | NotAPush]:
    """Read the same event in both formats."""
    data = {"resources": resources, "repository": repository}
    default = {"type": kind, "occur_at": 1, "operator": "admin", "event_data": data}
    cloud = {"specversion": "1.0", "id": "1", "type": kind, "data": data}
    claims = [HARBOR.read(received(json.dumps(body).encode())) for body in (default, cloud)]
    assert claims[0] == claims[1]
    return claims[0]


@pytest.mark.parametrize("kind", ["PUSH_ARTIFACT", "pushImage", "harbor.artifact.pushed"])
def test_a_push_is_read_in_both_formats(kind: str) -> None:
    assert read(kind, {"tag": "1", "digest": DIGEST}) == [Push("acme/shop", "1", DIGEST)]


def test_a_push_by_digest_has_the_digest_for_a_tag() -> None:
    assert codes(read("PUSH_ARTIFACT", {"tag": DIGEST, "digest": DIGEST})) == ["untagged"]


@pytest.mark.parametrize(
    "kind", ["PULL_ARTIFACT", "DELETE_ARTIFACT", "SCANNING_COMPLETED", "REPLICATION", "harbor.x"]
)
def test_other_events_are_not_a_push(kind: str) -> None:
    assert codes(read(kind, {"tag": "1"})) == ["not_a_push"]


def test_a_chart_is_not_an_image() -> None:
    assert codes(read("UPLOAD_CHART", {"tag": "1"})) == ["not_an_image"]


def test_every_artifact_of_an_event_is_read_and_equal_ones_once() -> None:
    claims = read("PUSH_ARTIFACT", {"tag": "1"}, {"tag": "2"}, {"tag": "1"}, {"tag": "-x"})

    assert claims[:2] == [Push("acme/shop", "1"), Push("acme/shop", "2")]
    assert codes(claims) == ["push", "push", "invalid_reference"]


def test_namespace_and_name_stand_in_for_the_full_name() -> None:
    repository = {"namespace": "acme", "name": "web/shop"}

    assert read("PUSH_ARTIFACT", {"tag": "1"}, repository=repository) == [
        Push("acme/web/shop", "1")
    ]


def test_an_event_without_artifacts_is_not_a_push() -> None:
    assert codes(read("PUSH_ARTIFACT")) == ["not_a_push"]


def test_only_a_cloud_event_has_an_id() -> None:
    assert HARBOR.delivery_id(received(b'{"specversion": "1.0", "id": "4b2f"}')) == "4b2f"
    assert HARBOR.delivery_id(received(b'{"id": "4b2f"}')) is None


@pytest.mark.parametrize("word", ["", "Bearer ", "bearer "])
def test_the_header_may_be_the_bare_secret_or_a_bearer_token(word: str) -> None:
    secret = b"s" * 43

    headers = {"Authorization": word + secret.decode()}

    assert verify(HARBOR.scheme, received(headers=headers), [secret])
