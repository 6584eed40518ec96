# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials that a deployment brings with it, and leaves nowhere."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from fleet import images
from fleet.bridge import app
from fleet.fleet import Fleet
from fleet.inventory import interpreter
from fleet.observe import running_digests
from fleet.registry import PASSWORD, USER

pytestmark = pytest.mark.fleet

DEPLOY = "longshore.containers.deploy"
# Where Docker and Ansible would leave something. The hosts share root's home with this machine.
PLACES = (Path("/root/.docker"), Path("/root/.ansible/tmp"), Path("/etc/docker"))


class Deployment:
    """A run of the playbook, without pipelining, and every command line there was meanwhile."""

    def __init__(self, folder: Path, fleet: Fleet, password: str | None, *arguments: str) -> None:
        login = {fleet.registry.address: {"username": USER, "password": password}}
        login = login if password else {}
        variables = folder / "group_vars/all"
        variables.mkdir(parents=True, exist_ok=True)
        (variables / "apps.yml").write_text(yaml.safe_dump({"apps": {"shop": app(fleet)}}))
        (variables / "registries.yml").write_text(yaml.safe_dump({"registries": login}))
        inventory = fleet.write_inventory(folder / "hosts.ini")
        self.command_lines: set[bytes] = set()
        self.output = ""
        program = Path(sys.executable).with_name("ansible-playbook")
        with (folder / "output").open("w+") as output:
            process = subprocess.Popen(
                [program, "-vvv", "-i", inventory, DEPLOY, "-e", "app=shop", *arguments],
                env=self._environment(folder),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            while process.poll() is None:
                self.command_lines |= command_lines()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.05)
        self.returncode = process.returncode
        self.output = (folder / "output").read_text()

    def _environment(self, folder: Path) -> dict[str, str]:
        return {
            **os.environ,
            "ANSIBLE_CALLBACKS_ENABLED": "longshore.containers.outcomes",
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_PIPELINING": "false",
            "LONGSHORE_OUTCOMES": str(folder / "outcomes"),
        }


def command_lines() -> set[bytes]:
    found = set()
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        # A process may end between the list and the look.
        with contextlib.suppress(OSError):
            found.add(file.read_bytes())
    return found


def holding(password: str) -> list[str]:
    files = (file for place in PLACES for file in place.rglob("*") if file.is_file())
    return [str(file) for file in files if password.encode() in file.read_bytes()]


def assert_told_nowhere(password: str, run: Deployment, folder: Path) -> None:
    assert password not in run.output + (folder / "outcomes").read_text()
    assert [line for line in run.command_lines if password.encode() in line] == []
    assert any(b"ansible-playbook" in line for line in run.command_lines)
    assert holding(password) == []


def test_a_login_for_one_deployment_is_left_and_shown_nowhere(fleet: Fleet, tmp_path: Path) -> None:
    digest = fleet.registry.push("acme/shop", "latest", images.healthy("1"))
    fleet.registry.require_login()

    run = Deployment(tmp_path, fleet, PASSWORD, "--limit", "h1")

    assert run.returncode == 0, run.output
    assert running_digests(fleet.hosts[0]) == [digest]
    assert_told_nowhere(PASSWORD, run, tmp_path)


def test_a_wrong_password_is_named_as_the_cause_and_shown_nowhere(
    fleet: Fleet, tmp_path: Path
) -> None:
    digest = fleet.registry.push("acme/shop", "latest", images.healthy("1"))
    fleet.registry.require_login()

    run = Deployment(
        tmp_path, fleet, "wr0ng-one", "--limit", "h1", "-e", f"longshore_digest={digest}"
    )

    assert run.returncode != 0
    assert "username and password in docker_container_registry" in run.output
    assert fleet.hosts[0].containers() == []
    assert_told_nowhere("wr0ng-one", run, tmp_path)


@pytest.mark.nightly
def test_a_damaged_client_configuration_of_a_host_matters_only_where_a_login_is_wanted(
    fleet: Fleet, tmp_path: Path
) -> None:
    config = tmp_path / "docker" / "config.json"
    config.parent.mkdir()
    config.write_bytes(b"\xef\xbb\xbf{}")
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nDOCKER_CONFIG={config.parent} exec {interpreter()} "$@"\n')
    python.chmod(0o755)
    arguments = (None, "--limit", "h1", "-e", f"ansible_python_interpreter={python}")
    digest = fleet.registry.push("acme/shop", "latest", images.healthy("1"))

    public = Deployment(tmp_path, fleet, *arguments)
    served = running_digests(fleet.hosts[0])
    newer = fleet.registry.push("acme/shop", "latest", images.healthy("2"))
    fleet.registry.require_login()
    private = Deployment(tmp_path, fleet, *arguments, "-e", f"longshore_digest={newer}")

    assert public.returncode == 0, public.output
    assert served == running_digests(fleet.hosts[0]) == [digest]
    assert private.returncode != 0
    assert f"{config} on this host cannot be read" in private.output
    assert "correct or remove it" in private.output
