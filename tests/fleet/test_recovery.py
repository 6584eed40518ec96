# SPDX-License-Identifier: GPL-3.0-or-later
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fleet import Fleet, images, network, processes
from fleet.commands import run
from fleet.host import MARK
from fleet.waiting import wait_for

pytestmark = pytest.mark.fleet

ROOT = Path(__file__).parents[2]


def command(fleet: Fleet, action: str, *options: str) -> "subprocess.Popen[bytes]":
    """The command line as a user runs it, on this fleet."""
    names = ("--name", fleet.layout.name, "--subnet", fleet.layout.subnet)
    return subprocess.Popen(
        (sys.executable, "-m", "fleet", action, *names, *options),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )


def run_a_container(fleet: Fleet) -> str:
    fleet.registry.push("acme/web", "1", images.healthy("1"))
    return fleet.hosts[0].docker("run", "--detach", f"{fleet.registry.address}/acme/web:1")


def leftovers(fleet: Fleet) -> list[str]:
    """Everything on the machine that belongs to the fleet."""
    layout = fleet.layout
    mentions = [str(layout.state), layout.bridge, layout.veth(1), f"/{layout.cgroup}"]
    seen = [
        *processes.environment_values(MARK).values(),
        *run("ps", "-e", "-o", "args").splitlines(),
        *run("ip", "-oneline", "link").splitlines(),
        *run("iptables", "-S").splitlines(),
        *(str(path) for path in Path("/sys/fs/cgroup").glob("*/*")),
        *(str(path) for path in Path("/sys/fs/cgroup").glob("*")),
        *(str(path) for path in Path("/var/tmp").glob("*")),
    ]
    return [line for line in seen if any(mention in line for mention in mentions)]


def test_down_leaves_nothing_even_with_a_container_running(spare_fleet: Fleet) -> None:
    spare_fleet.up()
    run_a_container(spare_fleet)
    assert leftovers(spare_fleet)

    spare_fleet.down()

    assert leftovers(spare_fleet) == []


def test_a_second_up_uses_the_hosts_that_run(spare_fleet: Fleet) -> None:
    spare_fleet.up()
    host = spare_fleet.hosts[0]
    container = run_a_container(spare_fleet)
    before = (host.process(), host.pids("dockerd"), spare_fleet.registry.pids())

    spare_fleet.up()

    assert (host.process(), host.pids("dockerd"), spare_fleet.registry.pids()) == before
    assert [found["Id"] for found in host.containers()] == [container]


def test_fewer_hosts_than_before_take_the_others_down(spare_fleet: Fleet) -> None:
    layout = spare_fleet.layout
    two = Fleet(layout.name, 2, subnet=layout.subnet)
    two.up()
    first, second = two.hosts
    kept = first.process()

    spare_fleet.up()

    assert first.process() == kept
    assert second.process() is None
    assert not second.folder.exists()


@pytest.mark.parametrize("daemon", ["dockerd", "sshd"])
def test_up_mends_a_host_after_kill_9_of_a_daemon(spare_fleet: Fleet, daemon: str) -> None:
    spare_fleet.up()
    host = spare_fleet.hosts[0]
    run_a_container(spare_fleet)
    for pid in host.pids(daemon):
        os.kill(pid, signal.SIGKILL)

    spare_fleet.up()

    assert spare_fleet.is_up()
    run_a_container(spare_fleet)


@pytest.mark.parametrize("moment", ["registry/config.yml", "hosts/h1/run", "hosts/h1/run/booted"])
@pytest.mark.parametrize("then", ["up", "down"])
def test_a_killed_up_is_made_good_by_the_next_command(
    spare_fleet: Fleet, moment: str, then: str
) -> None:
    killed = command(spare_fleet, "up", "--hosts", "1")
    wait_for((spare_fleet.layout.state / moment).exists, moment, pause=0.001)
    killed.kill()
    killed.wait()

    assert command(spare_fleet, then).wait() == 0

    assert spare_fleet.is_up() if then == "up" else leftovers(spare_fleet) == []


def test_the_files_of_an_earlier_day_are_no_obstacle(spare_fleet: Fleet) -> None:
    fleet = spare_fleet
    fleet.up()
    run_a_container(fleet)
    _lose_all_but_files(fleet)
    bystander = subprocess.Popen(("sleep", "600"))
    pid_file = fleet.hosts[0].folder / "run" / "docker.pid"
    pid_file.write_text(str(bystander.pid))

    fleet.up()
    fleet.down()

    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()
    assert leftovers(fleet) == []


def test_down_works_when_all_but_the_files_is_gone(spare_fleet: Fleet) -> None:
    spare_fleet.up()
    _lose_all_but_files(spare_fleet)

    spare_fleet.down()

    assert leftovers(spare_fleet) == []


def test_down_works_when_only_the_files_are_gone(spare_fleet: Fleet) -> None:
    spare_fleet.up()
    run("rm", "-rf", "--one-file-system", str(spare_fleet.layout.state))

    spare_fleet.down()

    assert leftovers(spare_fleet) == []


def test_two_commands_at_once_take_turns(spare_fleet: Fleet) -> None:
    both = [command(spare_fleet, "up", "--hosts", "2") for _ in range(2)]

    assert [one.wait() for one in both] == [0, 0]

    assert Fleet.of_state(spare_fleet.layout.name).is_up()


def test_status_says_by_its_exit_code_whether_all_is_up(spare_fleet: Fleet) -> None:
    assert command(spare_fleet, "status").wait() == 1

    spare_fleet.up()
    assert command(spare_fleet, "status").wait() == 0

    spare_fleet.hosts[0].stop_docker()
    assert command(spare_fleet, "status").wait() == 3


def _lose_all_but_files(fleet: Fleet) -> None:
    """What a reboot takes: processes and interfaces."""
    fleet.hosts[0].power_off()
    fleet.registry.stop()
    network.remove(fleet.layout)
