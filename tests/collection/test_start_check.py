# SPDX-License-Identifier: GPL-3.0-or-later
"""What would keep a container from being started on a host: the decisions."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.module_utils._container import NEVER
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import DockerError
from ansible_collections.longshore.containers.plugins.module_utils._start_check import (
    networks_made_anew,
    partners_gone,
    start_problems,
)
from ansible_collections.longshore.containers.plugins.module_utils._start_facts import StartFacts
from ansible_collections.longshore.containers.plugins.module_utils._start_needs import (
    needs_of_container,
    needs_of_options,
)


@dataclass
class Host:
    """A host that has what its fields say, in the place of StartFacts."""

    paths: tuple[str, ...] = (
        "/dev/null",
        "/srv",
        "/proc/sys/net/core/somaxconn",
        "/proc/sys/kernel/shmmax",
        "/proc/sys/fs/mqueue/msg_max",
    )
    partners: dict[str, str] = field(
        default_factory=lambda: {"db": "runs", "own": "runs", "old": "stopped"}
    )
    newer: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    gpu: bool = False
    told: dict[str, Any] = field(
        default_factory=lambda: {
            "Runtimes": {"runc": {}},
            "InitCommit": {"ID": "N/A"},
            "Plugins": {"Log": ["json-file"]},
        }
    )

    def exists(self, path: str) -> bool:
        return path in self.paths

    def is_file_within(self, _roots: tuple[str, ...], path: str) -> bool:
        return path in self.files

    def partner(self, name: str) -> str:
        return self.partners.get(name, "gone")

    def keeps_ipc(self, name: str) -> bool:
        return name == "own"

    def is_newer(self, name: str, _made_at: str) -> bool:
        return name in self.newer

    def network(self, name: str) -> dict[str, Any] | None:
        return {} if name in ("front", "bridge", "host") else None

    def subnets(self, _network: dict[str, Any]) -> list[str]:
        return ["172.30.1.0/24", "fd00:1::/64"]

    def holders(self, _network: dict[str, Any], address: str) -> list[str]:
        return ["dns"] if address == "172.30.1.53" else []

    def has_address(self, address: str) -> bool:
        return address == "127.0.0.1"

    def has_gpu_runtime(self) -> bool:
        return self.gpu

    def info(self) -> dict[str, Any]:
        return self.told


# Each with the options that ask for it, and what the daemon tells of a container made from them.
CASES = {
    "there is no device /dev/gone": (
        {"devices": ["/dev/gone:/dev/x:rw"]},
        {"HostConfig": {"Devices": [{"PathOnHost": "/dev/gone"}]}},
    ),
    "there is no device /dev/slow": (
        {"device_read_bps": [{"path": "/dev/slow", "rate": "1mb"}]},
        {"HostConfig": {"BlkioDeviceReadBps": [{"Path": "/dev/slow"}]}},
    ),
    "there is no path /gone": (
        {"mounts": [{"type": "bind", "source": "/gone", "target": "/x"}]},
        {"HostConfig": {"Mounts": [{"Type": "bind", "Source": "/gone"}]}},
    ),
    "network_mode names the container vpn, which is not on this host": (
        {"network_mode": "container:vpn"},
        {"HostConfig": {"NetworkMode": "container:vpn"}},
    ),
    "ipc_mode names the container vpn, which is not on this host": (
        {"ipc_mode": "container:vpn"},
        {"HostConfig": {"IpcMode": "container:vpn"}},
    ),
    "ipc_mode names the container own, which keeps its IPC to itself": (
        {"ipc_mode": "container:own"},
        {"HostConfig": {"IpcMode": "container:own"}},
    ),
    "pid_mode names the container old, which does not run": (
        {"pid_mode": "container:old"},
        {"HostConfig": {"PidMode": "container:old"}},
    ),
    "links names the container old, which does not run": (
        {"links": ["old:cache"]},
        {
            "HostConfig": {"Links": ["/old:/x/cache"]},
            "NetworkSettings": {"Networks": {"bridge": {}}},
        },
    ),
    "the address 10.0.0.9 is not in the network front": (
        {"networks": [{"name": "front", "ipv4_address": "10.0.0.9"}]},
        {"NetworkSettings": {"Networks": {"front": {"IPAMConfig": {"IPv4Address": "10.0.0.9"}}}}},
    ),
    "the address 172.30.1.53 in the network front is held by the container dns": (
        {"networks": [{"name": "front", "ipv4_address": "172.30.1.53"}]},
        {
            "NetworkSettings": {
                "Networks": {"front": {"IPAMConfig": {"IPv4Address": "172.30.1.53"}}}
            }
        },
    ),
    "172.30.1.9 in the network bridge: only networks of your own have fixed addresses": (
        {"networks": [{"name": "bridge", "ipv4_address": "172.30.1.9"}]},
        {
            "NetworkSettings": {
                "Networks": {"bridge": {"IPAMConfig": {"IPv4Address": "172.30.1.9"}}}
            }
        },
    ),
    "10.9.9.9 is not an address of this host": (
        {"published_ports": ["10.9.9.9:80:80"]},
        {"HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "10.9.9.9", "HostPort": "80"}]}}},
    ),
    "seccomp=/etc/gone.json in security_opts is not a profile": (
        {"security_opts": ["seccomp=/etc/gone.json"]},
        {"HostConfig": {"SecurityOpt": ["seccomp=/etc/gone.json"]}},
    ),
    "vm.overcommit_memory in sysctls is of the host itself": (
        {"sysctls": {"vm.overcommit_memory": 1}},
        {"HostConfig": {"Sysctls": {"vm/overcommit_memory": "1"}, "Runtime": "runc"}},
    ),
    "there is no kernel parameter net.gone on this host": (
        {"sysctls": "net.gone=1"},
        {"HostConfig": {"Sysctls": {"net.gone": "1"}}},
    ),
    "this host's Docker has no runtime nvidia but only runc": (
        {"runtime": "nvidia"},
        {"HostConfig": {"Runtime": "nvidia"}},
    ),
    "this host's Docker has no log driver journald but only json-file": (
        {"log_driver": "journald"},
        {"HostConfig": {"LogConfig": {"Type": "journald"}}},
    ),
    "this host has no docker-init, which init needs": (
        {"init": True},
        {"HostConfig": {"Init": True}},
    ),
    "this host's Docker cannot hand out a GPU": (
        {"device_requests": [{"capabilities": [["gpu"]], "count": -1}]},
        {"HostConfig": {"DeviceRequests": [{"Driver": "", "Capabilities": [["gpu"]]}]}},
    ),
}


@pytest.mark.parametrize("said", CASES)
def test_what_an_option_needs_is_found_before_and_after_the_container_is_made(said: str) -> None:
    options, found = CASES[said]

    for needs in (needs_of_options(options), needs_of_container(found)):
        (problem,) = start_problems(needs, Host())
        assert problem.startswith(said)


def test_what_a_host_has_is_no_problem() -> None:
    options = {
        "devices": ["/dev/null", "vendor.com/gpu=0"],
        "mounts": [
            {"type": "bind", "source": "/srv", "target": "/x"},
            {"type": "bind", "source": "/new", "target": "/y", "create_mountpoint": True},
            {"type": "volume", "source": "data", "target": "/z"},
        ],
        "volumes": ["/made/by/the/daemon:/v"],
        "volumes_from": ["old:ro"],
        "network_mode": "container:db",
        "ipc_mode": "host",
        "pid_mode": "container:db",
        "published_ports": ["127.0.0.1:80:80", "0.0.0.0:81:81", "[::]:82:82", "83"],
        "security_opts": [
            "seccomp=unconfined",
            'seccomp:{"syscalls": []}',
            'seccomp={"defaultAction": "SCMP_ACT_ALLOW", "comment": "a=b"}',
            "no-new-privileges",
        ],
        "runtime": "io.containerd.runsc.v1",
        "log_driver": "grafana/loki:latest",
        "init": False,
        "sysctls": {
            "net.core.somaxconn": 1024,
            "net/ipv4/conf/eth0.7/arp_filter": 1,
            "kernel.shmmax": 1,
            "fs.mqueue.msg_max": 9,
        },
    }

    assert start_problems(needs_of_options(options), Host()) == []
    assert start_problems(needs_of_options({}), Host(told={})) == []


def test_volumes_of_a_container_that_is_gone_are_asked_for_once() -> None:
    (problem,) = start_problems(needs_of_options({"volumes_from": "vpn:ro"}), Host())

    assert problem.startswith("volumes_from names the container vpn, which is not on this host")
    # The daemon took them over when it made the container.
    assert needs_of_container({"HostConfig": {"VolumesFrom": ["vpn"]}}).partners == ()


def test_a_link_is_lost_where_its_container_was_made_anew() -> None:
    networks = {"Networks": {"bridge": {}}}
    found = {"Created": "2026-01-01T00:00:00Z", "HostConfig": {"Links": ["/db:/x/db"]}}
    needs = needs_of_container({**found, "NetworkSettings": networks})

    assert partners_gone(needs, Host()) == []
    assert len(partners_gone(needs, Host(newer=("db",)))) == 1


def test_links_outside_of_the_default_network_keep_nothing_from_starting() -> None:
    assert needs_of_options({"links": ["old:x"], "networks": [{"name": "front"}]}).partners == ()
    assert needs_of_container({"HostConfig": {"Links": ["/old:/x/y"]}}).partners == ()


def test_a_network_that_is_gone_since_keeps_a_container_from_starting() -> None:
    found = {"NetworkSettings": {"Networks": {"front": {}, "removed": {"IPAMConfig": None}}}}

    (problem,) = start_problems(needs_of_container(found), Host())

    assert problem.startswith("there is no network removed")


def test_a_network_that_was_made_anew_keeps_a_container_that_ran_from_starting() -> None:
    joined = {"front": {"NetworkID": "0123"}, "bridge": {"NetworkID": "4567"}}

    needs = needs_of_container({"NetworkSettings": {"Networks": joined}})

    (problem,) = start_problems(needs, Host())

    assert problem.startswith("the network front was made anew, and the container looks for the")
    assert networks_made_anew(needs, Host()) == [problem]


def test_a_network_that_is_gone_may_come_back() -> None:
    needs = needs_of_container({"NetworkSettings": {"Networks": {"gone": {"NetworkID": "0123"}}}})

    assert networks_made_anew(needs, Host()) == []
    assert start_problems(needs, Host())[0].startswith("there is no network gone")


def test_a_file_that_is_gone_that_volumes_bind_keeps_a_container_that_ran_from_starting() -> None:
    binds = ["/srv:/a", "/gone/app.conf:/etc/app.conf:ro", "data:/b", "/run/shop:/run/shop"]
    ran = needs_of_container(_ran(binds, "2026-01-01T00:00:00Z"))
    new = needs_of_container(_ran(binds, NEVER))
    files = ("/etc/app.conf", "/a", "/b")

    (problem,) = start_problems(ran, Host(files=files))

    assert problem.startswith("there is no path /gone/app.conf on this host, which volumes names")
    assert start_problems(new, Host(files=files)) == []


def test_a_folder_that_is_gone_that_volumes_bind_keeps_nothing_from_starting() -> None:
    # The daemon makes it, as /run/shop after the host was started anew.
    needs = needs_of_container(_ran(["/run/shop:/run/shop"], "2026-01-01T00:00:00Z"))

    assert start_problems(needs, Host()) == []


def _ran(binds: list[str], started: str) -> dict[str, Any]:
    return {"HostConfig": {"Binds": binds}, "State": {"StartedAt": started}}


def test_another_runtime_is_asked_for_its_sysctls_itself() -> None:
    options = {"sysctls": {"vm.x": 1}}
    named = {**options, "runtime": "io.containerd.runsc.v1"}

    assert start_problems(needs_of_options(named), Host()) == []
    assert start_problems(needs_of_options(options), Host(told={"DefaultRuntime": "runsc"})) == []


def test_gpus_of_a_host_with_a_toolkit_are_handed_out() -> None:
    needs = needs_of_options({"device_requests": [{"capabilities": [["gpu"]], "driver": "nvidia"}]})

    assert start_problems(needs, Host(gpu=True)) == []


class Daemon:
    """A daemon that knows one container and one network."""

    def get(self, kind: str, name: str, *_what: str) -> dict[str, Any]:
        known = {
            ("containers", "db"): {
                "State": {"Running": True},
                "HostConfig": {"IpcMode": "private"},
                "Created": "2026-01-01T00:00:00.5Z",
            },
            ("networks", "front"): {
                "IPAM": {"Config": [{"Subnet": "172.30.1.0/24"}, {"Gateway": "x"}]},
                "Containers": {
                    "1": {"Name": "dns", "IPv4Address": "172.30.1.53/24", "IPv6Address": ""},
                    "2": {"Name": "six", "IPv6Address": "fd00:1::53/64"},
                    "3": {"Name": "ours", "IPv4Address": "172.30.1.9/24"},
                },
            },
        }
        if (kind, name) not in known:
            raise DockerError("No such thing", 404)
        return known[kind, name]


def test_what_this_user_must_not_look_at_is_taken_to_be_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stat(path: str) -> None:
        raise PermissionError(path)

    monkeypatch.setattr("os.stat", stat)

    assert StartFacts(Daemon()).exists("/root/secret/app.conf")


def test_a_host_tells_what_a_container_needs_to_start(tmp_path: Path) -> None:
    facts = StartFacts(Daemon(), own=["3"])
    front = facts.network("front")

    assert [facts.partner(name) for name in ("db", "gone")] == ["runs", "gone"]
    assert [facts.keeps_ipc(name) for name in ("db", "gone")] == [True, False]
    assert facts.is_newer("db", "2026-01-01T00:00:00.4Z")
    assert not facts.is_newer("db", "2026-01-01T00:00:00.6Z")
    assert facts.network("gone") is None
    assert front is not None
    assert facts.subnets(front) == ["172.30.1.0/24"]
    addresses = ("172.30.1.53", "fd00:1::0053", "172.30.1.9", "no address")
    assert [facts.holders(front, each) for each in addresses] == [["dns"], ["six"], [], []]
    assert [facts.exists(str(tmp_path / name)) for name in ("", "gone")] == [True, False]
    assert not facts.exists("/dev/null/below-a-file")
    assert facts.has_address("127.0.0.1")
    assert not facts.has_address("203.0.113.9")
