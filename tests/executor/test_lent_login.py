# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge's login for a registry, lent to a run: it reaches the daemon, and stands nowhere."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.support.deploying import DIGEST, Deploying, Way
from tests.support.docker_daemon import pulling_daemon
from tests.support.waiting import wait_for
from webhook_bridge.domain.releases import Release
from webhook_bridge.domain.runs import Run, RunKind, Work
from webhook_bridge.executor.lent_login import login_to_lend
from webhook_bridge.executor.memory_file import hold_in_memory
from webhook_bridge.registry.access import RegistryAccess

TOKEN = "eyJwYXlsb2FkIjoiRVhBTVBMRS1hLXRva2VuLW9mLXR3ZWx2ZS1ob3VycyJ9"
HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
ANSWER = json.dumps({"Username": "AWS", "Secret": TOKEN})


def helper(folder: Path, line: str) -> tuple[str, ...]:
    """Write a credential helper; what it gives stands in no file of the test's."""
    file = folder / "docker-credential-test"
    file.write_text(f"#!/bin/sh\n{line}\n")
    file.chmod(0o700)
    return (str(file),)


def work(kind: RunKind = "deploy", image: str = f"{HOST}/acme/shop") -> Work:
    release = Release("shop", image, "latest", DIGEST, "deploy", "test", id="r")
    return Work(release, Run("shop", "r", 1, 1, kind, (), {}, "the-run"), 0)


def holding(folders: Iterable[Path]) -> list[Path]:
    files = (file for folder in folders for file in folder.rglob("*") if file.is_file())
    return [file for file in files if TOKEN.encode() in file.read_bytes()]


def processes_showing_it() -> list[Path]:
    """Return the command lines and environments of this machine that have the token."""
    found = []
    for kind in ("cmdline", "environ"):
        for file in Path("/proc").glob(f"[0-9]*/{kind}"):
            try:
                shows = TOKEN.encode() in file.read_bytes()
            except OSError:
                continue  # it has ended, or is another's
            found += [file] if shows else []
    return found


@pytest.mark.parametrize("way", ["anew", "forked"])
def test_a_lent_login_reaches_the_daemon_and_stands_in_no_file_argument_or_log(
    deploying: Deploying, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, way: Way
) -> None:
    deploying.way = way
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    reversed_token = TOKEN[::-1]  # so that the helper's own file does not have it
    answer = f'echo \'{{"Username": "AWS", "Secret": "\'$(echo {reversed_token} | rev)\'"}}\''
    command = helper(tmp_path, answer)
    keys = f'plain_http = true\ncredential_command = ["{command[0]}"]\nlend = true'
    settings = deploying.installation.file
    settings.write_text(settings.read_text().replace("plain_http = true", keys))
    with pulling_daemon(tmp_path) as daemon:
        pull = {
            "image": "127.0.0.1:1/acme/shop",
            "digest": "sha256:" + "a" * 64,
            "socket": str(daemon.socket),
        }
        tasks = (
            {"longshore.containers.image_pull": pull, "register": "pulled"},
            {"ansible.builtin.debug": {"var": "vars"}},
        )
        with deploying.start(*tasks) as bridge:
            wait_for(daemon.pulling.is_set, "the host pulls", seconds=120)
            shown = processes_showing_it()
            folders = (deploying.installation.folder, deploying.temporary, home)
            meanwhile = holding(folders)
            daemon.may_end.set()
            exit_code, _ = json.loads(bridge.communicate(timeout=120)[0])

    assert exit_code == 0, (deploying.run_folder / "log").read_text()
    assert [login["password"] for login in daemon.logins] == [TOKEN]
    assert [login["serveraddress"] for login in daemon.logins] == ["127.0.0.1:1"]
    assert (shown, meanwhile, holding(folders)) == ([], [], [])
    assert "LONGSHORE_LENT_LOGIN" not in (deploying.run_folder / "log").read_text()


def test_a_helper_is_asked_anew_for_each_run(tmp_path: Path) -> None:
    command = helper(tmp_path, f"echo x >> {tmp_path}/asked; echo '{ANSWER}'")
    registries = {HOST: RegistryAccess(HOST, credential_command=command, lend=True)}

    lent = [login_to_lend(registries, work()) for _ in range(2)]

    assert lent == [{"registry": HOST, "username": "AWS", "password": TOKEN}] * 2
    assert len((tmp_path / "asked").read_text().splitlines()) == 2


def test_a_user_and_a_password_are_lent_as_well_and_only_for_what_they_are_of() -> None:
    access = RegistryAccess("ghcr.io", username="bot", password="x", lend=True)
    registries = {"ghcr.io/acme": access}

    assert login_to_lend(registries, work(image="ghcr.io/acme/shop")) == {
        "registry": "ghcr.io/acme",
        "username": "bot",
        "password": "x",
    }
    assert login_to_lend(registries, work(image="ghcr.io/other/shop")) is None


def test_nothing_is_lent_unless_the_settings_say_so() -> None:
    access = RegistryAccess(HOST, username="bot", password="x")

    assert login_to_lend({HOST: access}, work()) is None
    assert login_to_lend({}, work()) is None


@pytest.mark.parametrize("kind", ["observe", "remove"])
def test_a_run_that_pulls_nothing_is_lent_nothing(kind: RunKind) -> None:
    access = RegistryAccess(HOST, username="bot", password="x", lend=True)

    assert login_to_lend({HOST: access}, work(kind)) is None


def test_a_helper_that_fails_is_told_in_the_place_of_a_login(tmp_path: Path) -> None:
    command = helper(tmp_path, f"echo '{ANSWER}'; exit 3")
    registries = {HOST: RegistryAccess(HOST, credential_command=command, lend=True)}

    lent = login_to_lend(registries, work())

    assert lent is not None
    assert "docker-credential-test ended with exit code 3" in lent["trouble"]
    assert TOKEN not in str(lent)


def test_what_is_held_in_memory_can_be_read_by_its_path_and_changed_by_nobody() -> None:
    path = hold_in_memory("secret")

    assert Path(path).read_text() == "secret"
    assert str(Path(path).readlink()).startswith("/memfd:")
    descriptor = int(path.rpartition("/")[2])
    assert fcntl.fcntl(descriptor, fcntl.F_GET_SEALS) & fcntl.F_SEAL_WRITE
    with pytest.raises(PermissionError):
        os.write(descriptor, b"other")
    os.close(descriptor)
