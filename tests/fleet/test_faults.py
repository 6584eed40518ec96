# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault of the harness bites while its block lasts, and is over after it."""

import contextlib
import multiprocessing
import os
import signal
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from http import HTTPStatus

import pytest

from fleet import Fleet, FleetError, Host, docker_socket, host_faults, images
from fleet.commands import run
from fleet.fault_proxy import Fault
from fleet.registry_faults import bad_line

pytestmark = pytest.mark.fleet


def pull(fleet: Fleet, version: str) -> str:
    """Have the first host pull a version; return its reference."""
    fleet.registry.push("acme/web", version, images.healthy(version))
    reference = f"{fleet.registry.address}/acme/web:{version}"
    fleet.hosts[0].docker("pull", "--quiet", reference)
    return reference


def answer_over_ssh(fleet: Fleet, command: str = "hostname", *, seconds: float = 2) -> str:
    """What a command on the first host prints; empty where it cannot be run in that time."""
    known = f"UserKnownHostsFile={fleet.layout.known_hosts}"
    options = ("BatchMode=yes", "StrictHostKeyChecking=yes", f"ConnectTimeout={seconds:g}", known)
    words = [word for option in options for word in ("-o", option)]
    target = f"root@{fleet.hosts[0].address}"
    argv = ("ssh", "-i", str(fleet.layout.private_key), *words, target, command)
    with contextlib.suppress(FleetError):
        return run(*argv, timeout=seconds + 1, check=False).strip()
    return ""


@pytest.fixture(scope="module")
def hurt(running_fleet: Fleet) -> Fleet:
    """The session's fleet, mended once: each fault here ends by itself, which is what is tested."""
    running_fleet.reset()
    return running_fleet


@pytest.mark.parametrize(
    "fault",
    [
        host_faults.ssh_refused,
        host_faults.ssh_dropped,
        host_faults.black_hole,
        host_faults.shell_hangs,
        host_faults.host_key_changed,
        host_faults.host_hangs,
    ],
)
def test_no_command_runs_over_ssh_until_the_fault_is_over(
    hurt: Fleet, fault: Callable[[Host], AbstractContextManager[None]]
) -> None:
    with fault(hurt.hosts[0]):
        assert answer_over_ssh(hurt, seconds=1) == ""

    assert answer_over_ssh(hurt) == "h1"


def test_python_cannot_be_executed_until_the_fault_is_over(hurt: Fleet) -> None:
    python = "/usr/bin/python3 -c 'print(1)'"

    with host_faults.python_missing(hurt.hosts[0]):
        assert answer_over_ssh(hurt, python) == ""
        assert answer_over_ssh(hurt) == "h1"

    assert answer_over_ssh(hurt, python) == "1"


@pytest.mark.parametrize(
    "fault", [host_faults.docker_stopped, host_faults.docker_killed, host_faults.docker_hangs]
)
def test_docker_does_not_answer_until_the_fault_is_over(
    hurt: Fleet, fault: Callable[[Host], AbstractContextManager[None]]
) -> None:
    at = hurt.hosts[0].docker_socket

    with fault(hurt.hosts[0]):
        assert not docker_socket.answers(at)

    assert docker_socket.answers(at)


def test_lost_packets_are_some_of_all(hurt: Fleet) -> None:
    host = hurt.hosts[0]

    with host_faults.packets_lost(host, 0.5), socket.socket(type=socket.SOCK_DGRAM) as sender:
        for _ in range(50):
            sender.sendto(b"lost?", (host.address, 9))
        dropped = host.dropped_packets()

    assert 0 < dropped < 50


def test_a_full_disk_takes_no_image_until_there_is_room(hurt: Fleet) -> None:
    with host_faults.small_disk(hurt.hosts[0], 64) as disk:
        with host_faults.disk_full(disk), pytest.raises(FleetError, match="no space left"):
            pull(hurt, "1")

        assert pull(hurt, "1")

    assert hurt.hosts[0].docker("images", "--quiet") == ""


def test_a_taken_port_cannot_be_published(hurt: Fleet) -> None:
    reference = pull(hurt, "1")
    host, publish = hurt.hosts[0], ("run", "--detach", "--publish", "80:8080")

    with (
        host_faults.port_taken(host, 80),
        pytest.raises(FleetError, match="address already in use"),
    ):
        host.docker(*publish, reference)

    assert host.docker(*publish, reference)


def test_a_bad_line_is_between_the_hosts_and_the_registry_alone(hurt: Fleet) -> None:
    with bad_line(hurt, Fault(status=HTTPStatus.SERVICE_UNAVAILABLE)) as line:
        with pytest.raises(FleetError, match=r"503|Service Unavailable"):
            pull(hurt, "1")
        assert line.bitten
        assert hurt.registry.tags("acme/web") == ["1"]

    assert pull(hurt, "1")


def test_reset_ends_what_a_killed_test_left(hurt: Fleet) -> None:
    host = hurt.hosts[0]
    layout = hurt.layout
    killed = multiprocessing.get_context("spawn").Process(
        target=_hurt_and_die, args=(layout.name, layout.subnet)
    )
    killed.start()
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL

    hurt.reset()

    assert answer_over_ssh(hurt, "/usr/bin/python3 -c 'print(1)'") == "1"
    reference = pull(hurt, "1")
    assert host.docker("run", "--detach", "--publish", "80:8080", reference)
    assert host.run("df", "--output=fstype", str(host.folder / "docker")).split()[-1] != "tmpfs"


def _hurt_and_die(name: str, subnet: str) -> None:
    fleet = Fleet(name, subnet=subnet)
    host = fleet.hosts[0]
    with (
        bad_line(fleet, Fault(silent=True)),
        host_faults.small_disk(host, 64),
        host_faults.python_missing(host),
        host_faults.port_taken(host, 80),
        host_faults.shell_hangs(host),
        host_faults.black_hole(host),
        host_faults.host_hangs(host),
    ):
        os.kill(os.getpid(), signal.SIGKILL)
