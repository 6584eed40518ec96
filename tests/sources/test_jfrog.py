# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.support.sending import codes, hex_signature, payload, received, sender
from webhook_bridge.authentication import verify
from webhook_bridge.sources.base import Source
from webhook_bridge.sources.pushes import NotAPush, Push

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


@pytest.mark.parametrize(
    ("key", "registry", "repository"),
    [
        ("docker-local", "docker-local.acme.example.com", "shop"),
        ("docker-prod", None, "docker/shop"),
        ("docker-shop", None, "shop"),
        ("its-key", None, "its-key/shop"),
    ],
)
def test_the_hook_in_the_documentation_reads_events_as_it_says(
    key: str, registry: str | None, repository: str
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "sources.md").read_text()
    snippet = page.partition("\n### jfrog\n")[2].partition("```toml\n")[2].partition("```")[0]
    table = tomllib.loads(snippet)["hooks"]["jfrog"]

    source = sender(**table)
    path = "shop/1.4.2/manifest.json"
    pushed = read(source, repo_key=key, path=path, image_name="shop", tag="1.4.2")

    assert source.registry == "acme.example.com"
    assert pushed == [Push(repository, "1.4.2", f"sha256:{SHA256}", registry)]


@pytest.mark.parametrize("host", ["docker-local.acme.example.com", "acme.example.com:8876"])
def test_a_repository_with_a_host_or_port_of_its_own_is_pulled_there_without_its_key(
    host: str,
) -> None:
    source = sender("jfrog", registries={"docker-remote-cache": host})

    assert read(source) == [Push("library/ubuntu", "latest", f"sha256:{SHA256}", host)]
    assert read(source, repo_key="docker") == [
        Push("docker/library/ubuntu", "latest", f"sha256:{SHA256}")
    ]


def test_what_stands_before_an_image_may_be_named_for_such_a_repository_too() -> None:
    source = sender(
        "jfrog",
        registries={"docker-remote-cache": "hub.example.com"},
        repositories={"docker-remote-cache": "mirror"},
    )

    assert read(source) == [
        Push("mirror/library/ubuntu", "latest", f"sha256:{SHA256}", "hub.example.com")
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"image_name": None},
        {"image_name": ""},
        {"image_name": "ubuntu"},
        {"tag": None},
        {"path": "library/ubuntu/latest/manifest.json"},
    ],
)
def test_the_path_says_which_image_and_tag_the_other_fields_only_confirm_it(
    changes: dict[str, Any],
) -> None:
    assert read(**changes) == read()


def test_the_last_part_of_a_nested_name_is_not_taken_for_the_image() -> None:
    claims = read(path="acme/ubuntu/latest/manifest.json", image_name="ubuntu")

    assert claims == [Push("docker-remote-cache/acme/ubuntu", "latest", f"sha256:{SHA256}")]


@pytest.mark.parametrize("reference", [f"sha256:{SHA256}", f"sha256__{SHA256}"])
@pytest.mark.parametrize("tag", [f"sha256:{SHA256}", f"sha256__{SHA256}", None])
def test_a_part_of_an_image_for_several_platforms_has_no_tag(
    reference: str, tag: str | None
) -> None:
    assert codes(read(path=f"library/ubuntu/{reference}/manifest.json", tag=tag)) == ["untagged"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"event": {"domain": "artifact"}}, "not_an_image"),
        ({"event": {"event_type": "deleted"}}, "not_a_push"),
        ({"event": {"event_type": 5}}, "not_a_push"),
        ({"path": "path/sample.txt"}, "not_an_image"),  # what the webhook's test button sends
        ({"path": "library/ubuntu/latest/manifest.json.bak"}, "not_an_image"),
        ({"path": "latest/manifest.json"}, "not_an_image"),
        ({"path": ""}, "not_an_image"),
        ({"path": None}, "unexpected_shape"),
        ({"path": 5}, "unexpected_shape"),
        ({"repo_key": None}, "unexpected_shape"),
        ({"tag": "v2"}, "invalid_reference"),
        ({"tag": f"sha256:{SHA256}"}, "invalid_reference"),
        ({"tag": "{{ x }}"}, "invalid_reference"),
        ({"path": "library/ubuntu/{{ x }}/manifest.json", "tag": None}, "invalid_reference"),
        ({"image_name": "debian"}, "invalid_reference"),
        ({"image_name": "buntu"}, "invalid_reference"),
        ({"image_name": "ubuntu/library"}, "invalid_reference"),
        ({"image_name": 5}, "invalid_reference"),
        ({"image_name": "../x"}, "invalid_reference"),
        ({"path": "library/../ubuntu/latest/manifest.json"}, "invalid_reference"),
        ({"path": "../library/ubuntu/latest/manifest.json"}, "invalid_reference"),
        ({"path": "/library/ubuntu/latest/manifest.json"}, "invalid_reference"),
        ({"path": "library//ubuntu/latest/manifest.json"}, "invalid_reference"),
        ({"path": "library%2Fubuntu/latest/manifest.json"}, "invalid_reference"),
        ({"repo_key": "a/b"}, "invalid_reference"),
        ({"repo_key": ".."}, "invalid_reference"),
        ({"repo_key": ""}, "invalid_reference"),
    ],
)
def test_what_is_no_tagged_image_has_a_reason(changes: dict[str, Any], code: str) -> None:
    assert codes(read(**changes)) == [code]


@pytest.mark.parametrize("path", ["latest/manifest.json", "/latest/manifest.json"])
def test_a_path_without_an_image_is_none_where_no_key_stands_before_it(path: str) -> None:
    [claim] = read(sender("jfrog", repositories={"docker-remote-cache": ""}), path=path)

    assert isinstance(claim, NotAPush)


def test_the_header_is_the_secret_or_a_signature_as_the_hook_says() -> None:
    body, signing = b'{"domain": "docker"}', sender("jfrog", auth="hmac")
    plain = {"X-JFrog-Event-Auth": SECRET.decode()}
    signed = {"X-JFrog-Event-Auth": hex_signature(body, SECRET)}

    assert verify(JFROG.scheme, received(body, plain), [SECRET])
    assert verify(signing.scheme, received(body, signed), [SECRET])
    assert not verify(JFROG.scheme, received(body, signed), [SECRET])
    assert not verify(signing.scheme, received(body, plain), [SECRET])
