# SPDX-License-Identifier: GPL-3.0-or-later
"""ssh itself, which asks `longshore aws known-hosts` who an instance is; nobody can log in there.

"Permission denied" says that ssh trusted the server: only then does it try to log in.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
import yaml

from tests.support.ec2_console import Ec2Console, printed_keys
from tests.support.ssh_server import SshServer, ssh_server

ROOT = Path(__file__).parents[2]
INSTANCE = "i-0123456789abcdef0"
TRUSTED = "Permission denied"


class Client:
    """The user that runs the bridge."""

    def __init__(self, home: Path, console: Ec2Console) -> None:
        self.known_hosts = home / "known_hosts"
        self.environ = {"PATH": os.environ["PATH"], "HOME": str(home), **console.environ}

    def connect(self, server: SshServer, instance: str = INSTANCE) -> str:
        """Return what ssh says, with the options of the example."""
        file = ["-o", f"UserKnownHostsFile={self.known_hosts}", "-F", "none"]
        options = [*self._options(instance), *file, "-o", "BatchMode=yes", "-p", str(server.port)]
        command = ["ssh", *options, "127.0.0.1"]
        done = subprocess.run(
            command, env=self.environ, capture_output=True, text=True, timeout=240, check=False
        )
        assert done.returncode == 255
        return done.stderr

    def _options(self, instance: str) -> list[str]:
        file = ROOT / "examples/aws/inventory/group_vars/aws_ec2/connection.yml"
        text = yaml.safe_load(file.read_text())["ansible_ssh_common_args"]
        longshore = f"{Path(sys.executable).parent}/longshore"
        variables = {
            "inventory_hostname": instance,
            "aws_longshore": longshore,
            "instance_placement": {"region": f"eu-west-1 --file {self.known_hosts}"},
        }
        return shlex.split(jinja2.Template(text).render(variables))


@pytest.fixture
def client(tmp_path: Path, console: Ec2Console) -> Client:
    return Client(tmp_path, console)


@pytest.fixture
def server() -> Iterator[SshServer]:
    with ssh_server() as running:
        yield running


@pytest.fixture
def other() -> Iterator[SshServer]:
    with ssh_server() as running:
        yield running


def test_an_instance_is_trusted_once_its_key_was_printed_and_not_before(
    client: Client, console: Ec2Console, server: SshServer
) -> None:
    console.printed[INSTANCE] = "[    0.000000] Linux version 6.1.0-27-cloud-amd64\n"
    before = client.connect(server)
    console.printed[INSTANCE] = printed_keys(server.key)
    after = client.connect(server)

    assert "has no SSH host keys yet" in before
    assert TRUSTED not in before
    assert TRUSTED in after
    assert client.known_hosts.read_text() == f"{INSTANCE} {server.key}\n"


def test_ec2_is_asked_once_for_each_instance(
    client: Client, console: Ec2Console, server: SshServer
) -> None:
    console.printed[INSTANCE] = printed_keys(server.key)
    client.connect(server)
    asked = list(console.asked)
    again = client.connect(server)

    assert TRUSTED in again
    assert console.asked == asked == [INSTANCE]


def test_another_host_at_the_address_of_an_instance_is_refused(
    client: Client, console: Ec2Console, server: SshServer, other: SshServer
) -> None:
    console.printed[INSTANCE] = printed_keys(server.key)
    client.connect(server)

    assert "Host key verification failed" in client.connect(other)


def test_a_key_that_an_instance_prints_later_is_not_believed(
    client: Client, console: Ec2Console, server: SshServer, other: SshServer
) -> None:
    console.printed[INSTANCE] = printed_keys(server.key)
    client.connect(server)
    console.printed[INSTANCE] = printed_keys(other.key)

    assert "Host key verification failed" in client.connect(other)


def test_an_instance_that_has_the_address_of_an_earlier_one_is_known_by_its_id(
    client: Client, console: Ec2Console, server: SshServer, other: SshServer
) -> None:
    """Both were at 127.0.0.1 here; a file by addresses would call it a change of the key."""
    console.printed[INSTANCE] = printed_keys(server.key)
    client.connect(server)
    later = "i-0fedcba9876543210"
    console.printed[later] = printed_keys(other.key)

    assert TRUSTED in client.connect(other, later)


def test_a_sentence_of_aws_is_the_reason_why_a_host_is_not_reached(
    client: Client, server: SshServer
) -> None:
    said = client.connect(server)

    assert f"InvalidInstanceID.NotFound: The instance ID '{INSTANCE}' does not exist" in said
    assert TRUSTED not in said
