# SPDX-License-Identifier: GPL-3.0-or-later
"""Which credentials a module uses, and what counts as a registry's refusal."""

import base64
import json
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import DockerError
from ansible_collections.longshore.containers.plugins.module_utils._registry_login import (
    is_refusal,
    login_headers,
)

from tests.collection.conftest import Playbooks

IMAGE = "registry.example.com:5000/acme/shop"
STORED = base64.b64encode(b"stored:pass").decode()


GIVEN = {"username": "given", "password": "secret"}


def module(login: dict[str, str] | None = None) -> Any:
    return SimpleNamespace(params={"login": login})


def decoded(headers: dict[str, str]) -> dict[str, str]:
    login: dict[str, str] = json.loads(base64.urlsafe_b64decode(headers["X-Registry-Auth"]))
    return login


@pytest.fixture
def stored_login(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    config = {"auths": {"registry.example.com:5000": {"auth": STORED}}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))


@pytest.mark.usefixtures("stored_login")
def test_credentials_that_are_given_win_over_stored_ones() -> None:
    assert decoded(login_headers(module(GIVEN), IMAGE)) == {
        **GIVEN,
        "serveraddress": "registry.example.com:5000",
    }


@pytest.mark.usefixtures("stored_login")
def test_stored_credentials_are_used_where_none_are_given() -> None:
    assert decoded(login_headers(module(), IMAGE))["username"] == "stored"


@pytest.mark.usefixtures("stored_login")
def test_a_registry_without_credentials_is_asked_without_a_login() -> None:
    assert login_headers(module(), "ghcr.io/acme/shop") == {}


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        (DockerError("Get http://r/v2/: unauthorized: authentication required", 500), True),
        (DockerError("pull access denied for acme/shop, repository does not exist", 404), True),
        (DockerError("forbidden", 403), True),
        (DockerError("manifest unknown", 404), False),
        (DockerError("no route to host", 500), False),
    ],
)
def test_only_a_word_about_the_login_is_a_refusal(error: DockerError, *, refused: bool) -> None:
    assert is_refusal(error) == refused


@pytest.mark.parametrize(
    "login",
    [
        {"username": "bot"},
        {"username": "bot", "pasword": "hidden-word"},
        {"username": "bot", "password": ""},
        {"username": "bot", "password": 12345678},
        "bot:hidden-word",
    ],
    ids=["no password", "misspelt", "empty", "number", "text"],
)
def test_a_wrong_entry_of_registries_is_refused_and_not_shown(
    playbooks: Playbooks, login: Any
) -> None:
    shop = {"image": IMAGE, "hosts": "web"}
    variables = {"apps": {"shop": shop}, "registries": {"registry.example.com:5000": login}}
    playbooks.write("inventory/group_vars/all/all.yml", variables)

    run = playbooks.run("longshore.containers.deploy", "-vvv", app="shop")

    assert run.returncode != 0
    assert "must have username and password" in run.output
    assert "hidden-word" not in run.output
    assert "12345678" not in run.output
