# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials that a helper gives, as Docker's own helpers do."""

from __future__ import annotations

import base64
import logging
from pathlib import Path

import pytest

from tests.support.fake_registry import (
    DIGEST,
    FOUND,
    Asked,
    Says,
    client_of,
    fake_registry,
    image_of,
)
from tests.support.processes import with_argument
from tests.support.waiting import wait_for
from webhook_bridge.registry import credentials
from webhook_bridge.registry.client import RegistryDenied, RegistryUnreachable

SECRET = "pass-word-of-the-helper"
ANSWER = f'{{"ServerURL": "x", "Username": "AWS", "Secret": "{SECRET}"}}'


def helper(folder: Path, *lines: str) -> tuple[str, ...]:
    """Write a helper that notes what it is asked, then runs these lines."""
    file = folder / "docker-credential-test"
    noting = f'read -r server; echo "$* $server ${{LONGSHORE_API_TOKEN-}}" >> {folder}/asked'
    file.write_text("\n".join(["#!/bin/sh", noting, *lines, ""]))
    file.chmod(0o700)
    return (str(file), "--region", "eu")


def asked_of(folder: Path) -> list[str]:
    return (folder / "asked").read_text().splitlines()


def behind_basic(asked: Asked) -> Says:
    given = base64.b64encode(f"AWS:{SECRET}".encode()).decode()
    if asked.headers.get("Authorization") == f"Basic {given}":
        return FOUND
    return Says(401, {"WWW-Authenticate": "Basic"})


def test_what_a_helper_gives_lets_us_in_and_is_asked_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGSHORE_API_TOKEN", "not-for-helpers")
    command = helper(tmp_path, f"echo '{ANSWER}'")
    with fake_registry(behind_basic) as registry:
        client = client_of(registry, credential_command=command)

        assert client.digest_of(image_of(registry), "1") == DIGEST
        assert client.digest_of(image_of(registry), "2") == DIGEST
        assert asked_of(tmp_path) == [f"--region eu get {registry.host} "]


def test_a_refused_secret_is_asked_for_anew(tmp_path: Path) -> None:
    command = helper(tmp_path, 'echo \'{"Username": "AWS", "Secret": "old"}\'')
    with fake_registry(behind_basic) as registry:
        client = client_of(registry, credential_command=command)
        for _ in range(2):
            with pytest.raises(RegistryDenied, match="docker-credential-test gives may pull it"):
                client.digest_of(image_of(registry), "1")

    assert len(asked_of(tmp_path)) == 2


class Rotating:
    """A registry whose token changes; Basic, or by its own token service."""

    def __init__(self, challenge: str, refusal: int = 401) -> None:
        self.challenge = challenge
        self.refusal = refusal
        self.token = "first"

    def write(self, folder: Path) -> None:
        """Have the helper give what the registry takes now."""
        (folder / "token").write_text(f'{{"Username": "AWS", "Secret": "{self.token}"}}')

    def answer(self, asked: Asked) -> Says:
        good = base64.b64encode(f"AWS:{self.token}".encode()).decode()
        given = asked.headers.get("Authorization")
        if asked.path.startswith("/token"):
            body = f'{{"token": "bearer-{self.token}"}}'.encode()
            return Says(200, body=body) if given == f"Basic {good}" else Says(self.refusal)
        if given in {f"Basic {good}", f"Bearer bearer-{self.token}"}:
            return FOUND
        where = {"WWW-Authenticate": self.challenge.format(asked.headers["Host"])}
        return Says(401 if given is None else self.refusal, where)


@pytest.mark.parametrize("refusal", [401, 403])
@pytest.mark.parametrize("challenge", ["Basic", 'Bearer realm="http://{}/token"'])
def test_a_token_that_has_ended_is_asked_for_anew_once_within_the_same_question(
    tmp_path: Path, challenge: str, refusal: int
) -> None:
    rotating = Rotating(challenge, refusal)
    rotating.write(tmp_path)
    command = helper(tmp_path, f"cat {tmp_path}/token")
    with fake_registry(rotating.answer) as registry:
        client = client_of(registry, credential_command=command)
        client.digest_of(image_of(registry), "1")
        rotating.token = "second"
        rotating.write(tmp_path)

        assert client.digest_of(image_of(registry), "1") == DIGEST
        assert len(asked_of(tmp_path)) == 2


@pytest.mark.parametrize("challenge", ["Basic", 'Bearer realm="http://{}/token"'])
def test_a_helper_that_goes_on_giving_an_ended_token_is_asked_once_a_question(
    tmp_path: Path, challenge: str
) -> None:
    rotating = Rotating(challenge)
    rotating.write(tmp_path)
    command = helper(tmp_path, f"cat {tmp_path}/token")
    with fake_registry(rotating.answer) as registry:
        client = client_of(registry, credential_command=command)
        client.digest_of(image_of(registry), "1")
        rotating.token = "second"
        for count in (2, 3):
            with pytest.raises(RegistryDenied):
                client.digest_of(image_of(registry), "1")
            assert len(asked_of(tmp_path)) == count


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"echo {SECRET}; exit 3", "ended with exit code 3"),
        (f"echo {SECRET}", "does not answer as a credential helper does"),
        ("echo '{}'", "knows no credentials for"),
        (f"echo '{ANSWER}' | sed s/AWS/\\<token\\>/", "gives an identity token"),
    ],
)
def test_a_helper_that_gives_nothing_is_asked_again_later_and_never_quoted(
    tmp_path: Path, line: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    command = helper(tmp_path, line)
    with (
        fake_registry(behind_basic) as registry,
        pytest.raises(RegistryUnreachable, match=why) as failed,
    ):
        client_of(registry, credential_command=command).digest_of(image_of(registry), "1")

    assert failed.value.retryable
    assert SECRET not in str(failed.value) + caplog.text


def test_a_helper_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    command = helper(tmp_path, f"sh -c 'sleep 600; true {tmp_path}/child' & wait")

    with pytest.raises(credentials.HelperFailed, match=r"took longer than 0.5 s"):
        credentials.ask_helper(command, "registry.example.com", timeout_s=0.5)

    assert asked_of(tmp_path)
    wait_for(lambda: not with_argument(f"{tmp_path}/child"), "the end of what it started")


def test_docker_hub_has_the_name_that_helpers_know_it_by(tmp_path: Path) -> None:
    credentials.ask_helper(helper(tmp_path, f"echo '{ANSWER}'"), "docker.io")

    assert asked_of(tmp_path) == ["--region eu get https://index.docker.io/v1/ "]
