# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from tests.support.publisher import AUDIENCE, Publisher, published
from tests.support.schemes import signed
from tests.support.sending import codes, hex_signature, received, sender
from webhook_bridge.authentication import verify
from webhook_bridge.sources.base import Source
from webhook_bridge.sources.pushes import NotAPush, Push

CI = sender("generic")
SECRET = b"s" * 43
DIGEST = "sha256:" + "0123456789abcdef" * 4
GITHUB = {"platform": "github", "audience": AUDIENCE, "claims": {"repository": "acme/web"}}
GITLAB = {"platform": "gitlab", "audience": AUDIENCE, "claims": {"project_path": ["acme/web"]}}


def read(source: Source = CI, /, **body: Any) -> list[Push | NotAPush]:
    return source.read(received(json.dumps(body).encode()))


@pytest.mark.parametrize(
    "body",
    [
        {"image": "ghcr.io/acme/web", "tag": "1", "digest": DIGEST},
        {"image": "ghcr.io/acme/web", "tags": ["1", "1"], "digest": DIGEST},
        {"image": f"ghcr.io/acme/web:1@{DIGEST}"},
        {"image": f"ghcr.io/acme/web@{DIGEST}", "tag": "1"},
        {"image": f"ghcr.io/acme/web:1@{DIGEST}", "tag": "1", "digest": DIGEST},
        {"image": "ghcr.io/acme/web:1", "tag": "", "tags": [], "digest": DIGEST},
        {"image": "ghcr.io/acme/web", "tag": "1", "digest": DIGEST, "source": {"run": "x"}},
    ],
)
def test_a_job_says_what_it_pushed(body: dict[str, Any]) -> None:
    assert read(**body) == [Push("acme/web", "1", DIGEST, "ghcr.io")]


@pytest.mark.parametrize(
    "body",
    [
        {"image": "ghcr.io/acme/web@evil.example", "tag": "latest"},
        {"image": "ghcr.io/acme/web@evil.example"},
        {"image": "ghcr.io/acme/web@evil.example/x:latest"},
        {"image": f"ghcr.io/acme/web@evil@{DIGEST}", "tag": "latest"},
        {"image": "ghcr.io/acme/web@sha256:abc", "tag": "latest"},
        {"image": "ghcr.io/acme/web@", "tag": "latest"},
        {"image": "ghcr.io/acme/web:"},
        {"image": "ghcr.io/acme/web:", "tag": "latest"},
        {"image": "ghcr.io/acme/web:evil", "tag": "latest"},
        {"image": f"ghcr.io/acme/web:evil@{DIGEST}", "tag": "latest"},
        {"image": "ghcr.io/acme/web", "tag": "1", "tags": ["latest"]},
        {"image": f"ghcr.io/acme/web:1@{DIGEST}", "digest": "sha256:" + "f" * 64},
        {"image": f"ghcr.io/acme/web@{DIGEST}", "digest": "sha256:" + "f" * 64},
        {"image": f"ghcr.io/acme/web@{DIGEST}", "tag": "1", "digest": "x"},
        {"image": "ghcr.io/acme/web", "tag": 0},
    ],
)
def test_a_job_that_contradicts_itself_is_refused(body: dict[str, Any]) -> None:
    assert codes(read(**body)) == ["invalid_reference"]


def test_the_tag_of_a_reference_has_to_be_one_of_several() -> None:
    tags = ["1", "latest"]

    for reference in ({"image": "ghcr.io/acme/web:1"}, {"image": "ghcr.io/acme/web", "tag": "1"}):
        assert codes(read(**reference, tags=tags)) == ["push", "push"]
    assert set(codes(read(image="ghcr.io/acme/web:0", tags=tags))) == {"invalid_reference"}


def test_each_of_several_tags_is_a_push() -> None:
    claims = read(image="ghcr.io/acme/web", tags=["1", "--x", "latest"])

    assert codes(claims) == ["push", "invalid_reference", "push"]


def test_without_a_tag_the_tracked_ones_are_looked_at() -> None:
    assert read(image="ghcr.io/acme/web", digest=DIGEST) == [
        Push("acme/web", None, None, "ghcr.io")
    ]


def test_a_name_without_a_registry_is_in_the_hooks() -> None:
    source = sender("generic", registry="ghcr.io")

    assert read(source, image="acme/web", tag="1") == [Push("acme/web", "1", None, "ghcr.io")]
    assert codes(read(image="acme/web", tag="1")) == ["not_configured"]
    assert codes(read(source, image="docker.io/acme/web", tag="1")) == ["not_configured"]


@pytest.mark.parametrize("image", [None, 5, [], ""])
def test_an_image_is_needed(image: object) -> None:
    assert codes(read(image=image, tag="1")) in (["unexpected_shape"], ["not_configured"])


@pytest.mark.parametrize("image", ["ghcr.io/{{ x }}", "ghcr.io/--x", "ghcr.io/../x", "ghcr.io/"])
def test_a_hostile_image_is_an_invalid_reference(image: str) -> None:
    assert codes(read(image=image, tag="1")) == ["invalid_reference"]


@pytest.mark.parametrize("name", ["Idempotency-Key", "webhook-id"])
def test_the_caller_gives_the_deliverys_id(name: str) -> None:
    assert CI.delivery_id(received(headers={name: "run-7"})) == "run-7"


def test_each_way_to_prove_a_request_is_the_one_that_the_hook_names() -> None:
    body = b'{"image": "x"}'
    ways: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
        "bearer": ({}, {"Authorization": f"Bearer {SECRET.decode()}"}),
        "header": ({"header": "X-Key"}, {"X-Key": SECRET.decode()}),
        "hmac": ({}, {"X-Hub-Signature-256": f"sha256={hex_signature(body, SECRET)}"}),
        "standard-webhooks": ({}, signed(SECRET, body=body)),
    }
    for name, (table, _) in ways.items():
        scheme = sender("generic", auth=name, **table).scheme
        good = [
            way
            for way, (_, headers) in ways.items()
            if verify(scheme, received(body, headers), [SECRET])
        ]
        assert good == [name]


@pytest.mark.parametrize(
    ("oidc", "issuer", "claims"),
    [
        (GITHUB, "https://token.actions.githubusercontent.com", {"repository": "acme/web"}),
        (GITLAB, "https://gitlab.com", {"project_path": "acme/web"}),
    ],
)
def test_a_jobs_own_token_proves_a_request_without_a_shared_secret(
    oidc: dict[str, Any], issuer: str, claims: dict[str, str]
) -> None:
    publisher = Publisher()
    with published(publisher) as address:
        scheme = sender("generic", auth="oidc", oidc=oidc | {"keys_url": address}).scheme
        good, other = (
            {"Authorization": f"Bearer {publisher.token(issuer, **shown)}"}
            for shown in (claims, dict.fromkeys(claims, "evil/web"))
        )

        assert not scheme.needs_secret
        assert verify(scheme, received(headers=good), [])
        assert not verify(scheme, received(headers=other), [])


@pytest.mark.parametrize(
    ("oidc", "keys_url"),
    [
        (GITHUB, "https://token.actions.githubusercontent.com/.well-known/jwks"),
        (GITLAB, "https://gitlab.com/oauth/discovery/keys"),
        (
            GITLAB | {"issuer": "https://gitlab.example.com/"},
            "https://gitlab.example.com/oauth/discovery/keys",
        ),
    ],
)
def test_the_keys_are_where_the_platform_publishes_them(
    oidc: dict[str, Any], keys_url: str
) -> None:
    assert sender("generic", auth="oidc", oidc=oidc).scheme.keys_url == keys_url  # type: ignore[attr-defined]  # OIDC


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"auth": "oidc"}, 'is required with auth = "oidc"'),
        ({"oidc": GITHUB}, 'has a meaning with auth = "oidc" only'),
        ({"auth": "oidc", "oidc": GITHUB | {"claims": {}}}, "must pin one of job_workflow_ref"),
        ({"auth": "oidc", "oidc": GITHUB | {"claims": {"ref": "x"}}}, "must pin one of"),
        ({"auth": "oidc", "oidc": GITLAB | {"claims": {"repository": "x"}}}, "must pin one of"),
        ({"auth": "oidc", "oidc": GITHUB | {"keys_url": "http://x.example/"}}, "https://"),
        ({"auth": "oidc", "oidc": GITHUB | {"keys_url": "https://u@x.example/"}}, "without user"),
        ({"auth": "oidc", "oidc": GITHUB | {"issuer": "https://x.example/?q"}}, "without user"),
    ],
)
def test_a_table_that_lets_anybody_in_is_refused(table: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        sender("generic", **table)
