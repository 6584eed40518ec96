# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.support.publisher import AUDIENCE, Publisher, published
from tests.support.sending import codes, received, sender
from webhook_bridge.authentication import verify
from webhook_bridge.sources.base import Source
from webhook_bridge.sources.pushes import NotAPush, Push

REPOSITORY = "acme-prod/images/web"
HOST = "us-east1-docker.pkg.dev"
DIGEST = "sha256:" + "0123456789abcdef" * 4
BY_DIGEST = f"{HOST}/{REPOSITORY}@{DIGEST}"
ACCOUNT = "push@acme-prod.iam.gserviceaccount.com"
GOOGLE = sender("google")


def wrapped(event: Any) -> bytes:
    data = base64.b64encode(json.dumps(event).encode()).decode()
    return json.dumps({"message": {"data": data, "messageId": "7"}, "subscription": "s"}).encode()


def read(source: Source = GOOGLE, **event: Any) -> list[Push | NotAPush]:
    return source.read(received(wrapped({"action": "INSERT"} | event)))


def test_a_tagged_image_is_a_push_in_the_registry_of_its_reference() -> None:
    assert read(tag=f"{HOST}/{REPOSITORY}:1.1", digest=BY_DIGEST) == [
        Push(REPOSITORY, "1.1", DIGEST, HOST)
    ]


@pytest.mark.parametrize(
    "event",
    [
        {"tag": f"{HOST}/{REPOSITORY}:latest@{DIGEST}"},
        {"digest": f"{HOST}/{REPOSITORY}:latest@{DIGEST}"},
        {"tag": "", "digest": f"{HOST}/{REPOSITORY}:latest@{DIGEST}"},
        {"tag": f"{HOST}/{REPOSITORY}:latest", "digest": f"{HOST}/{REPOSITORY}:latest@{DIGEST}"},
        {"tag": f"{HOST}/{REPOSITORY}:latest@{DIGEST}", "digest": BY_DIGEST},
    ],
)
def test_a_reference_may_have_tag_and_digest(event: dict[str, Any]) -> None:
    assert read(**event) == [Push(REPOSITORY, "latest", DIGEST, HOST)]


@pytest.mark.parametrize(
    "digest",
    [
        f"{HOST}/acme-prod/images/api@{DIGEST}",
        f"{HOST}/web@{DIGEST}",
        f"gcr.io/{REPOSITORY}@{DIGEST}",
        f"{HOST}/{REPOSITORY}:2@{DIGEST}",
        f"{HOST}/{REPOSITORY}@evil.example",
    ],
)
def test_tag_and_digest_that_name_two_images_are_refused(digest: str) -> None:
    assert codes(read(tag=f"{HOST}/{REPOSITORY}:1", digest=digest)) == ["invalid_reference"]


def test_an_event_that_is_not_wrapped_is_read_too() -> None:
    body = json.dumps({"action": "INSERT", "tag": "gcr.io/acme/web:2", "digest": None}).encode()

    assert GOOGLE.read(received(body)) == [Push("acme/web", "2", None, "gcr.io")]


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"digest": BY_DIGEST}, "untagged"),
        ({"action": "DELETE", "tag": f"{HOST}/{REPOSITORY}:1"}, "not_a_push"),
        ({"action": 5}, "unexpected_shape"),
        ({}, "unexpected_shape"),
        ({"tag": "web:1"}, "not_configured"),
        ({"tag": f"{HOST}/{REPOSITORY}:{{{{ x }}}}"}, "invalid_reference"),
        ({"tag": f"{HOST}/../x:1"}, "invalid_reference"),
        ({"tag": "evil.example:99999/x/y:1"}, "invalid_reference"),
    ],
)
def test_what_is_no_tagged_image_has_a_reason(event: dict[str, Any], code: str) -> None:
    assert codes(read(**event)) == [code]


@pytest.mark.parametrize("data", ["", "x", "é", "e30", None, 5, [], "e30="])
def test_data_that_is_none_has_an_unexpected_shape(data: object) -> None:
    body = json.dumps({"message": {"data": data}}).encode()

    assert codes(GOOGLE.read(received(body))) == ["unexpected_shape"]


def test_a_hook_that_names_a_registry_speaks_for_that_one_only() -> None:
    tag = f"{HOST}/{REPOSITORY}:1"

    assert codes(read(sender("google", registry=HOST), tag=tag)) == ["push"]
    assert codes(read(sender("google", registry="gcr.io"), tag=tag)) == ["not_configured"]


@pytest.mark.parametrize("name", ["messageId", "message_id"])
def test_the_messages_id_is_the_deliverys(name: str) -> None:
    assert GOOGLE.delivery_id(received(json.dumps({"message": {name: "7"}}).encode())) == "7"


def test_only_the_token_of_the_one_account_proves_a_request() -> None:
    publisher = Publisher()
    with published(publisher) as address:
        scheme = sender("google", keys_url=address).scheme

        def proven(issuer: str = "https://accounts.google.com", **claims: Any) -> bool:
            usual: dict[str, Any] = {"email": ACCOUNT, "email_verified": True}
            token = publisher.token(issuer, **usual | claims)
            headers = {"Authorization": f"Bearer {token}"}
            return bool(verify(scheme, received(headers=headers), []))

        assert proven()
        assert proven("accounts.google.com")
        assert not proven("https://accounts.google.evil.example")
        assert not proven(email="push@other.iam.gserviceaccount.com")
        assert not proven(email=None)
        assert not proven(email_verified=False)
        assert not proven(email_verified=None)
        assert not proven(aud=f"{AUDIENCE}/other")


def test_what_is_proven_is_never_refused_for_google_would_repeat_it_for_days() -> None:
    assert GOOGLE.always_accepts
