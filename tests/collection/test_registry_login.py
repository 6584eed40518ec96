# SPDX-License-Identifier: GPL-3.0-or-later
"""Which credentials a module uses, and what counts as a registry's refusal."""

import base64
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import DockerError
from ansible_collections.longshore.containers.plugins.module_utils._registry_login import (
    Login,
    find_login,
    is_refusal,
)

from tests.collection.conftest import Playbooks

IMAGE = "registry.example.com:5000/acme/shop"
STORED = base64.b64encode(b"stored:pass").decode()


GIVEN = {"username": "given", "password": "secret"}


def module(login: dict[str, str] | None = None, helper: Any = None) -> Any:
    return SimpleNamespace(params={"login": login}, run_command=helper)


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
    assert decoded(find_login(module(GIVEN), IMAGE).headers) == {
        **GIVEN,
        "serveraddress": "registry.example.com:5000",
    }


@pytest.mark.usefixtures("stored_login")
def test_why_nothing_was_lent_is_kept_beside_the_login_that_is_used() -> None:
    wanting = module()
    wanting.params["login_trouble"] = {"said": "nothing to lend", "passing": True}

    found = find_login(wanting, IMAGE)

    assert decoded(found.headers)["username"] == "stored"
    assert (found.trouble, found.passing) == ("nothing to lend", True)


@pytest.mark.usefixtures("stored_login")
def test_stored_credentials_are_used_where_none_are_given() -> None:
    assert decoded(find_login(module(), IMAGE).headers)["username"] == "stored"


@pytest.mark.usefixtures("stored_login")
def test_a_registry_without_credentials_is_asked_without_a_login() -> None:
    assert find_login(module(), "ghcr.io/acme/shop") == Login()


def stored(folder: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    (folder / "config.json").write_bytes(content)
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))


@pytest.mark.parametrize("content", [b"", b"  \n", b"{}", b"null", b'{"auths": null}'])
def test_a_file_without_a_login_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    stored(tmp_path, monkeypatch, content)

    assert find_login(module(), IMAGE) == Login()


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{",
        b"[" * 100_000,
        b"{",
        b"[]",
        b'"text"',
        b'{"auths": []}',
        b'{"credHelpers": 5}',
        b'{"auths": {"registry.example.com:5000": "text"}}',
        b'{"auths": {"registry.example.com:5000": {"auth": "no-base64!"}}}',
        b'{"auths": {"registry.example.com:5000": {"auth": "bm9jb2xvbg=="}}}',
    ],
    ids=[
        "BOM",
        "UTF-16",
        "deep",
        "cut",
        "list",
        "text",
        "auths",
        "helpers",
        "entry",
        "base64",
        "no colon",
    ],
)
def test_a_file_that_cannot_be_read_is_passed_over_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    stored(tmp_path, monkeypatch, content)

    login = find_login(module(), IMAGE)

    assert login.headers == {}
    assert str(tmp_path / "config.json") in login.trouble
    assert "correct or remove it" in login.trouble


def test_a_file_that_may_not_be_opened_is_passed_over_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.json").mkdir()
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))

    assert f"{tmp_path}/config.json on this host" in find_login(module(), IMAGE).trouble


@pytest.mark.parametrize(
    "key",
    [
        "registry.example.com:5000",
        "https://registry.example.com:5000",
        "https://registry.example.com:5000/v2/",
        "registry.example.com:5000/acme",
        "registry.example.com:5000/v1/",
    ],
)
def test_a_key_with_a_scheme_or_a_path_is_that_of_its_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    stored(tmp_path, monkeypatch, json.dumps({"auths": {key: {"auth": STORED}}}).encode())

    assert decoded(find_login(module(), IMAGE).headers)["username"] == "stored"


@pytest.mark.parametrize(
    ("entry", "login"),
    [
        ({"username": "bot", "password": "word"}, {"username": "bot", "password": "word"}),
        ({"auth": STORED, "identitytoken": "token"}, {"identitytoken": "token"}),
        ({"registrytoken": "token"}, {"registrytoken": "token"}),
    ],
)
def test_an_entry_may_hold_what_the_client_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: Any, login: dict[str, str]
) -> None:
    content = {"auths": {"registry.example.com:5000": entry}}
    stored(tmp_path, monkeypatch, json.dumps(content).encode())

    expected = {**login, "serveraddress": "registry.example.com:5000"}
    assert decoded(find_login(module(), IMAGE).headers) == expected


HELPED = b'{"credsStore": "keys", "auths": {"registry.example.com:5000": {}}}'


def test_the_login_of_a_credential_helper_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(tmp_path, monkeypatch, HELPED)
    said = json.dumps({"Username": "helped", "Secret": "word"})

    login = find_login(module(helper=lambda *_args, **_options: (0, said, "")), IMAGE)

    assert decoded(login.headers)["username"] == "helped"


def test_a_credential_helper_without_a_login_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(tmp_path, monkeypatch, HELPED)
    said = "credentials not found in native keychain"

    assert find_login(module(helper=lambda *_args, **_options: (1, said, "")), IMAGE) == Login()


def _missing(*_args: Any, **options: Any) -> Any:
    # Else AnsibleModule.run_command ends the module.
    assert options["handle_exceptions"] is False
    raise FileNotFoundError(2, "No such file or directory")


@pytest.mark.parametrize(
    "helper",
    [
        _missing,
        lambda *_args, **_options: (1, "error: no keychain", ""),
        lambda *_args, **_options: (0, "no JSON", ""),
        lambda *_args, **_options: (0, "{}", ""),
    ],
    ids=["missing", "fails", "no JSON", "no login"],
)
def test_a_credential_helper_that_fails_is_passed_over_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, helper: Any
) -> None:
    stored(tmp_path, monkeypatch, HELPED)

    login = find_login(module(helper=helper), IMAGE)

    assert login.headers == {}
    assert "docker-credential-keys" in login.trouble
    assert str(tmp_path / "config.json") in login.trouble


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
