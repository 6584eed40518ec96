# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.sending import codes, hex_signature, payload, received, sender
from webhook_bridge.authentication import verify
from webhook_bridge.sources.pushes import NotAPush, Push

GITEA = sender("gitea")
SECRET = b"s" * 43


def read(
    *, action: Any = "created", headers: dict[str, str] | None = None, **fields: Any
) -> list[Push | NotAPush]:
    body = json.loads(payload("gitea-package-1.json").body)
    body["package"] |= fields
    return GITEA.read(received(json.dumps(body | {"action": action}).encode(), headers))


@pytest.mark.parametrize("owner", [{"login": "Acme"}, {"username": "acme"}, {"user_name": "acme"}])
def test_the_owner_and_the_name_are_the_repository_in_lower_case(owner: dict[str, str]) -> None:
    assert read(owner=owner, name="Web/API") == [Push("acme/web/api", "1.4.0")]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"version": "sha256:" + "0" * 64}, "untagged"),
        ({"type": "npm"}, "not_an_image"),
        ({"action": "deleted"}, "not_a_push"),
        ({"headers": {"X-Gitea-Event": "push"}}, "not_a_push"),
        ({"headers": {"X-Forgejo-Event": "push"}}, "not_a_push"),
        ({"version": "--x"}, "invalid_reference"),
        ({"owner": None}, "invalid_reference"),
    ],
)
def test_what_is_no_tagged_image_has_a_reason(fields: dict[str, Any], code: str) -> None:
    assert codes(read(**fields)) == [code]


@pytest.mark.parametrize("source", ["gitea", "forgejo"])
def test_the_signature_is_bare_and_never_empty(source: str) -> None:
    body, scheme = b"{}", sender(source).scheme
    good = {"X-Gitea-Signature": hex_signature(body, SECRET)}

    assert verify(scheme, received(body, good), [SECRET])
    for value in ("", "sha256=", "sha256=" + hex_signature(body, SECRET)):
        assert not verify(scheme, received(body, {"X-Gitea-Signature": value}), [SECRET])
    github = {"X-Hub-Signature-256": "sha256=" + hex_signature(body, SECRET)}
    assert not verify(scheme, received(body, github), [SECRET])


def test_the_header_has_the_deliverys_id() -> None:
    assert GITEA.delivery_id(received(headers={"X-Gitea-Delivery": "f6266f16"})) == "f6266f16"
