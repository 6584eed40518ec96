# SPDX-License-Identifier: GPL-3.0-or-later
"""A freshly installed Debian 12 becomes a host for containers: playbook bootstrap, then deploy."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from fleet import images
from fleet.bridge import app
from fleet.debian import DebianHost, base
from fleet.fleet import Fleet
from fleet.registry import PASSWORD, USER

# A Debian has to be made before the first test on a machine.
pytestmark = [pytest.mark.fleet, pytest.mark.timeout(600)]

NUMBER = 41


class Run:
    """What one run of a playbook said."""

    def __init__(self, inventory: Path, playbook: str, *arguments: str) -> None:
        program = Path(sys.executable).with_name("ansible-playbook")
        done = subprocess.run(
            [program, "-i", inventory, f"longshore.containers.{playbook}", "-vvv", *arguments],
            env={
                **os.environ,
                "ANSIBLE_HOME": str(inventory.parent / "ansible"),
                "ANSIBLE_PIPELINING": "true",
            },
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        self.output = done.stdout + done.stderr
        assert done.returncode == 0, self.output[-8000:]
        self.changed = int(re.findall(r"changed=(\d+)", self.output)[-1])


@pytest.fixture
def host(fleet: Fleet) -> Iterator[DebianHost]:
    base()
    host = DebianHost(fleet.layout, NUMBER)
    host.down()
    host.boot()
    yield host
    host.down()


def variables(fleet: Fleet) -> dict[str, Any]:
    """Return what the inventory says: the fleet's own needs are free options of daemon.json."""
    registry = fleet.registry.address
    key = fleet.layout.private_key.with_suffix(".pub").read_text().strip()
    login = {"registry": registry, "username": USER, "password": PASSWORD, "user": "deploy"}
    return {
        "docker_host_insecure_registries": [registry],
        "docker_host_daemon_options": {
            "bip": fleet.layout.docker_bridge(NUMBER),
            "cgroup-parent": f"/{fleet.layout.cgroup}",
            "insecure-registries": ["registry.example.com:5000"],
        },
        "docker_host_source": "distribution",
        "docker_host_users": [
            {"name": "deploy", "ssh_keys": [key]},
            {"name": "boss", "access": "sudo"},
        ],
        "docker_host_registries": [login],
        "apps": {"shop": app(fleet, hosts="all")},
    }


def documented(*arguments: str) -> list[str]:
    """Return the playbook and its arguments as docs/install.md has them, with others or without."""
    text = (Path(__file__).parents[2] / "docs/install.md").read_text()
    lines = [line for line in text.splitlines() if "longshore.containers.bootstrap" in line]
    said = [
        line.partition("longshore.containers.bootstrap")[2].split(" #")[0].split() for line in lines
    ]
    assert [words for words in said if "--check" not in words] == [said[-1]]
    assert said[0] == [*said[-1], "--check", "--diff"]
    return ["bootstrap", *said[-1], *arguments]


@pytest.mark.nightly
def test_a_fresh_debian_is_set_up_once_and_then_left_alone(
    fleet: Fleet, host: DebianHost, tmp_path: Path
) -> None:
    digest = fleet.registry.push("acme/shop", "latest", images.healthy("1"))
    fleet.registry.require_login()
    inventory = host.inventory(tmp_path / "hosts.ini")
    # As a new user's: nothing says as whom to connect.
    inventory.write_text(inventory.read_text().replace(" ansible_user=root", ""))
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars/all.yml").write_text(yaml.safe_dump(variables(fleet)))

    assert Run(inventory, *documented("--check")).changed > 0
    assert "docker" not in host.run("ls", "/etc")

    first = Run(inventory, *documented())
    daemon = host.pids("dockerd")
    info = json.loads(host.run("docker", "info", "--format", "{{json .}}"))
    assert info["LiveRestoreEnabled"] is True
    assert info["LoggingDriver"] == "json-file"
    assert {fleet.registry.address, "registry.example.com:5000"} <= set(
        info["RegistryConfig"]["IndexConfigs"]
    )
    assert daemon_file(host)["log-opts"] == {"max-size": "10m", "max-file": "3"}
    assert host.run("stat", "--format", "%a %U", "/home/deploy/.docker/config.json") == (
        "600 deploy\n"
    )
    assert "NOPASSWD" in host.run("sudo", "--list", "--other-user", "boss")
    assert PASSWORD not in first.output

    inventory_says = {**variables(fleet), "ansible_user": "deploy"}
    (tmp_path / "group_vars/all.yml").write_text(yaml.safe_dump(inventory_says))
    again = Run(inventory, *documented())
    assert again.changed == 0, again.output[-8000:]
    assert host.pids("dockerd") == daemon

    Run(inventory, "deploy", "-e", "app=shop")
    running = host.run("docker", "ps", "--quiet").split()
    assert len(running) == 1
    assert host.run("docker", "inspect", "--format", "{{.Config.Image}}", *running) == (
        f"{fleet.registry.address}/acme/shop@{digest}\n"
    )


def daemon_file(host: DebianHost) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(host.run("cat", "/etc/docker/daemon.json"))
    return found
