# SPDX-License-Identifier: GPL-3.0-or-later
"""`longshore aws known-hosts`, asked by a person; that ssh asks it is shown in tests/host_keys."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.support.ec2_console import Ec2Console, ec2_console, printed_keys
from webhook_bridge.cli.aws import aws

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMzqTM+8mIGHTJpL5RCLdfvKxGZgVDZb8xg6p1mNYyDk"
INSTANCE = "i-0123456789abcdef0"
OLDER = "i-0fedcba9"


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ec2Console]:
    with ec2_console() as running:
        for name, value in running.environ.items():
            monkeypatch.setenv(name, value)
        yield running


def known_hosts(file: Path, *instances: str) -> Result:
    arguments = ["known-hosts", "--region", "eu-west-1", "--file", str(file), *instances]
    return CliRunner().invoke(aws, arguments)


def test_the_keys_of_several_instances_are_printed_and_kept(
    tmp_path: Path, console: Ec2Console
) -> None:
    console.printed = {INSTANCE: printed_keys(KEY), OLDER: printed_keys(KEY)}
    console.without_latest = {OLDER}

    done = known_hosts(tmp_path / "known_hosts", INSTANCE, OLDER)

    assert (done.exit_code, done.stdout) == (0, f"{INSTANCE} {KEY}\n{OLDER} {KEY}\n")
    assert (tmp_path / "known_hosts").read_text() == done.stdout


def test_an_instance_that_cannot_be_learned_keeps_none_of_the_others_back(
    tmp_path: Path, console: Ec2Console
) -> None:
    console.printed = {INSTANCE: printed_keys(KEY)}

    done = known_hosts(tmp_path / "known_hosts", OLDER, INSTANCE)

    assert (done.exit_code, done.stdout) == (1, f"{INSTANCE} {KEY}\n")
    sentence = f"InvalidInstanceID.NotFound: The instance ID '{OLDER}' does not exist"
    assert done.stderr == f"longshore: {OLDER}: {sentence}\n"


@pytest.mark.parametrize("name", ["10.77.1.5", "web1", "i-0123", "*", "i-0123456789ABCDEF0"])
def test_a_name_that_is_not_the_id_of_an_instance_is_refused_before_anybody_is_asked(
    tmp_path: Path, console: Ec2Console, name: str
) -> None:
    done = known_hosts(tmp_path / "known_hosts", name)

    assert done.exit_code == 2
    assert f"'{name}' is not the id of an instance, for example" in done.stderr
    assert console.asked == []


def test_without_the_extra_what_is_known_is_printed_and_the_rest_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"{INSTANCE} {KEY}\n")
    monkeypatch.delitem(sys.modules, "webhook_bridge.host_keys.ec2", raising=False)
    monkeypatch.setitem(sys.modules, "boto3", None)

    done = known_hosts(file, INSTANCE, OLDER)

    assert (done.exit_code, done.stdout) == (1, f"{INSTANCE} {KEY}\n")
    assert "pip install 'longshore[aws]'" in done.stderr
