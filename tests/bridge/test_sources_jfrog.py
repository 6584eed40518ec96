# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest

from tests.bridge.sending import codes, hex_signature, payload, received, sender
from webhook_bridge.authentication import verify
from webhook_bridge.sources.base import Source
from webhook_bridge.sources.claims import NotAPush, Push

JFROG = sender("jfrog")
SECRET = b"s" * 43
SHA256 = "0123456789abcdef" * 4


def read(
    source: Source = JFROG, *, event: dict[str, Any] | None = None, **data: Any
) -> list[Push | NotAPush]:
    body = json.loads(payload("jfrog-1.json").body) | (event or {})
    body["data"] |= {"sha256": SHA256} | data
    return source.read(received(json.dumps(body).encode()))


@pytest.mark.parametrize(
    ("repositories", "repository"),
    [
        ({}, "docker-remote-cache/library/ubuntu"),
        ({"docker-remote-cache": "docker"}, "docker/library/ubuntu"),
        ({"docker-remote-cache": ""}, "library/ubuntu"),
        ({"other": "docker"}, "docker-remote-cache/library/ubuntu"),
    ],
)
def test_an_image_is_pulled_by_its_repositorys_key_or_what_the_hook_says(
    repositories: dict[str, str], repository: str
) -> None:
    source = sender("jfrog", repositories=repositories)

    assert read(source) == [Push(repository, "latest", f"sha256:{SHA256}")]


def test_the_path_stands_in_for_a_missing_name() -> None:
    assert read(image_name=None) == read()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"event": {"domain": "artifact"}}, "not_an_image"),
        ({"event": {"event_type": "deleted"}}, "not_a_push"),
        ({"event": {"event_type": 5}}, "not_a_push"),
        ({"tag": f"sha256:{SHA256}"}, "untagged"),
        ({"tag": f"sha256__{SHA256}"}, "untagged"),
        ({"tag": None}, "untagged"),
        ({"tag": "{{ x }}"}, "invalid_reference"),
        ({"repo_key": None}, "invalid_reference"),
        ({"image_name": "../x"}, "invalid_reference"),
    ],
)
def test_what_is_no_tagged_image_has_a_reason(changes: dict[str, Any], code: str) -> None:
    assert codes(read(**changes)) == [code]


def test_the_header_is_the_secret_or_a_signature_as_the_hook_says() -> None:
    body, signing = b'{"domain": "docker"}', sender("jfrog", auth="hmac")
    plain = {"X-JFrog-Event-Auth": SECRET.decode()}
    signed = {"X-JFrog-Event-Auth": hex_signature(body, SECRET)}

    assert verify(JFROG.scheme, received(body, plain), [SECRET])
    assert verify(signing.scheme, received(body, signed), [SECRET])
    assert not verify(JFROG.scheme, received(body, signed), [SECRET])
    assert not verify(signing.scheme, received(body, plain), [SECRET])
