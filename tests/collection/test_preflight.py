# SPDX-License-Identifier: GPL-3.0-or-later
"""What would keep a release from running on a host: the decisions."""

import os
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import DockerError
from ansible_collections.longshore.containers.plugins.module_utils._env_file import (
    env_file_problem,
    fingerprint,
)
from ansible_collections.longshore.containers.plugins.module_utils._host_listeners import (
    HostListeners,
)
from ansible_collections.longshore.containers.plugins.module_utils._host_needs import (
    mounted_paths,
    needed_networks,
    needed_volumes,
    option_problems,
)
from ansible_collections.longshore.containers.plugins.module_utils._listening import (
    listening_sockets,
    sockets_of,
)
from ansible_collections.longshore.containers.plugins.module_utils._port_options import (
    Port,
    needed_ports,
    uses_host_network,
)
from ansible_collections.longshore.containers.plugins.module_utils._preflight import (
    Found,
    network_problems,
    platform_problem,
    port_problems,
    room_problem,
    volume_problems,
)

FOUND = Found(architecture="amd64", free_bytes=1_000_000_000)


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (["80:8080"], ["80/tcp"]),
        (["127.0.0.1:53:53/udp"], ["127.0.0.1:53/udp"]),
        (["0.0.0.0:80:80", "[::1]:81:81"], ["80/tcp", "::1:81/tcp"]),
        (["8000-8002:9000-9002"], ["8000/tcp", "8001/tcp", "8002/tcp"]),
        (["8000-8002:9000"], []),
        (["8080"], []),
        (["127.0.0.1::8080"], []),
        ("80:80,443:443", ["80/tcp", "443/tcp"]),
        ("all", []),
        ([80], []),
    ],
)
def test_only_fixed_ports_of_the_host_are_needed(published: Any, expected: list[str]) -> None:
    assert [str(each) for each in needed_ports({"published_ports": published})] == expected


def test_named_volumes_are_told_from_paths_and_anonymous_ones() -> None:
    options = {
        "volumes": ["data:/data:ro", "/srv/x:/x", "./y:/y", "/anonymous", "~/z:/z"],
        "mounts": [
            {"source": "cache", "target": "/c", "type": "volume"},
            {"source": "/srv", "target": "/s", "type": "bind"},
            {"target": "/t", "type": "tmpfs"},
            {"target": "/v"},
        ],
    }

    assert needed_volumes(options) == ("cache", "data")


def test_networks_that_every_daemon_has_are_not_asked_for() -> None:
    options = {"networks": [{"name": "front"}, {"name": "bridge"}], "network_mode": "back"}

    assert needed_networks(options) == ("back", "front")
    assert needed_networks({"network_mode": "container:db"}) == ()
    assert needed_networks({"network_mode": "host"}) == ()


def test_an_option_that_is_left_empty_needs_nothing() -> None:
    options = dict.fromkeys(["published_ports", "volumes", "mounts", "networks", "network_mode"])

    assert needed_ports(options) == needed_volumes(options) == needed_networks(options) == ()


def test_text_is_read_as_the_list_and_the_mappings_that_ansible_makes_of_it() -> None:
    options = {
        "volumes": "data:/data, logs:/logs",
        "mounts": ["source=cache target=/c"],
        "networks": "name=front",
    }

    assert needed_volumes(options) == ("cache", "data", "logs")
    assert needed_networks(options) == ("front",)
    assert option_problems(options) == []


@pytest.mark.parametrize(
    "options",
    [
        {"mounts": [{"source": "made", "target": "/d", "volume_driver": "local"}]},
        {"mounts": [{"source": "made", "target": "/d", "volume_options": {"type": "tmpfs"}}]},
        {"volumes": ["made:/d"], "volume_driver": "nfs"},
        # Made with the one mount, it is there for the other.
        {
            "mounts": [
                {"source": "made", "target": "/d", "volume_driver": "local"},
                {"source": "made", "target": "/e"},
            ]
        },
    ],
)
def test_a_volume_that_says_how_it_is_made_need_not_be_there(options: dict[str, Any]) -> None:
    assert needed_volumes(options) == ()


def test_the_driver_of_volumes_makes_none_of_mounts() -> None:
    options = {"volume_driver": "nfs", "mounts": [{"source": "data", "target": "/d"}]}

    assert needed_volumes(options) == ("data",)


def test_what_must_be_a_mapping_is_told_by_its_key() -> None:
    options = {"networks": [{"name": "front"}, "backend"], "mounts": ["data:/d"]}

    assert [each.partition(":")[0] for each in option_problems(options)] == [
        "networks[1] of the container's options must be a mapping, such as {name",
        "mounts[0] of the container's options must be a mapping, such as {type",
    ]
    assert needed_networks(options) == ("front",)
    assert needed_volumes(options) == ()


@pytest.mark.parametrize(
    ("found", "size", "fits"),
    [
        (FOUND, 400_000_000, True),
        (FOUND, 500_000_000, False),
        (replace(FOUND, has_earlier_version=True), 900_000_000, True),
        (replace(FOUND, has_earlier_version=True), 950_000_000, False),
        (replace(FOUND, free_bytes=10_000_000), 0, False),
        (replace(FOUND, free_bytes=None), 10**12, True),
    ],
)
def test_an_image_needs_room_and_a_margin(*, found: Found, size: int, fits: bool) -> None:
    assert (room_problem(found, image_bytes=size) == "") == fits


def test_missing_room_is_told_in_numbers() -> None:
    assert "1000 MB are free" in room_problem(FOUND, image_bytes=10**9)
    assert "2067 MB are needed" in room_problem(FOUND, image_bytes=10**9)


@pytest.mark.parametrize(
    ("platforms", "wanted", "fits"),
    [
        ([], None, True),
        (["linux/amd64", "linux/arm64/v8"], None, True),
        (["linux/386"], None, True),
        (["linux/arm64/v8"], None, False),
        (["linux/arm64/v8"], "linux/arm64", True),
        (["linux/arm64"], "linux/arm64/v8", True),
        (["linux/amd64"], "linux/arm64", False),
        (["linux/arm64"], "arm64", True),
    ],
)
def test_an_image_needs_a_platform_of_the_host(
    *, platforms: list[str], wanted: str | None, fits: bool
) -> None:
    assert (platform_problem(platforms, architecture="amd64", wanted=wanted) == "") == fits


@pytest.mark.parametrize(
    ("mine", "theirs", "clashes"),
    [
        (Port("", 80, "tcp"), Port("127.0.0.1", 80, "tcp"), True),
        (Port("127.0.0.1", 80, "tcp"), Port("", 80, "tcp"), True),
        (Port("127.0.0.1", 80, "tcp"), Port("10.0.0.1", 80, "tcp"), False),
        (Port("", 80, "tcp"), Port("", 80, "udp"), False),
        (Port("", 80, "tcp"), Port("", 81, "tcp"), False),
    ],
)
def test_ports_clash_on_a_shared_address(*, mine: Port, theirs: Port, clashes: bool) -> None:
    assert mine.clashes(theirs) == clashes


def test_each_missing_thing_has_its_own_sentence() -> None:
    found = replace(
        FOUND,
        missing_volumes=("data",),
        missing_networks=("front",),
        holders=((Port("", 80, "tcp"), "the container nginx"),),
    )

    assert volume_problems(found)[0].startswith("there is no volume data: create it")
    assert network_problems(found)[0].startswith("there is no network front: create it")
    ports = needed_ports({"published_ports": ["80:80", "443:443"]})
    assert port_problems(found, ports) == [
        "port 80/tcp is held by the container nginx: free it, or change published_ports"
    ]


def test_who_listens_is_read_from_the_kernels_tables(tmp_path: Path) -> None:
    (tmp_path / "tcp").write_text(
        "  sl  local_address rem_address   st\n"
        "   0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0 7001\n"
        "   1: 0100007F:1F91 0100007F:9999 01 0:0 0:0 0 0 0 7002\n"
    )
    (tmp_path / "tcp6").write_text(
        "  sl  local_address remote_address st\n"
        "   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 "
        "0A 0 0 0 0 0 7003\n"
    )

    assert listening_sockets(str(tmp_path)) == {
        (Port("127.0.0.1", 8080, "tcp"), "7001"),
        (Port("", 80, "tcp"), "7003"),
    }


def test_an_env_file_is_told_from_what_it_said_before(tmp_path: Path) -> None:
    file = tmp_path / "shop.env"
    file.write_text("A=1\n")
    before = fingerprint(str(file))
    file.write_text("A=2\n")

    assert fingerprint(str(file)) != before
    assert "" not in (before, fingerprint(str(file)))
    assert fingerprint(None) == env_file_problem(None) == ""


def test_an_env_file_that_is_not_there_is_in_the_way(tmp_path: Path) -> None:
    assert "cannot be read: No such file or directory: create it" in env_file_problem(
        str(tmp_path / "shop.env")
    )


def test_what_is_mounted_is_known_in_every_way_of_writing_it() -> None:
    options = {
        "volumes": ["data:/data:ro", "/srv/x:/x/", "/anonymous"],
        "mounts": [{"source": "cache", "target": "/c"}, "type=tmpfs target=/t"],
        "tmpfs": ["/run:size=64m"],
    }

    assert mounted_paths(options) == {"/data", "/x", "/anonymous", "/c", "/t", "/run"}
    assert mounted_paths({}) == set()


def test_the_sockets_of_a_process_are_read_from_its_open_files() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        number = server.getsockname()[1]

        inodes = {inode for port, inode in listening_sockets() if port.number == number}

        assert inodes
        assert inodes <= sockets_of(os.getpid())


@pytest.mark.parametrize(
    "options",
    [
        {"network_mode": "host", "published_ports": ["80:80"]},
        {"network_mode": "host", "ports": ["80:80"]},
        {"networks": [{"name": "host"}], "published_ports": ["80:80"]},
        {"networks": "name=host", "published_ports": "80:80"},
        {"network_mode": None, "networks": [{"name": "host"}], "ports": "80:80"},
    ],
    ids=str,
)
def test_a_container_in_the_network_of_its_host_publishes_nothing(options: dict[str, Any]) -> None:
    assert uses_host_network(options)
    assert needed_ports(options) == ()


@pytest.mark.parametrize(
    "options",
    [
        {"network_mode": "front", "networks": [{"name": "host"}]},
        {"networks": [{"name": "front"}, {"name": "host"}]},
        {"networks_cli_compatible": False, "networks": [{"name": "host"}]},
        {"networks": None},
    ],
    ids=str,
)
def test_only_the_first_network_makes_a_container_one_of_the_host(options: dict[str, Any]) -> None:
    assert not uses_host_network(options)
    assert len(needed_ports({**options, "published_ports": ["80:80"]})) == 1


class Tops:
    """A daemon that tells the processes of its containers; `broken` tells none."""

    def __init__(self, processes: dict[str, int], *, broken: bool = False) -> None:
        self.processes = processes
        self.broken = broken

    def get(self, _kind: str, container: str, _what: str) -> dict[str, Any]:
        if self.broken:
            raise DockerError("ps is missing", 500)
        return {"Titles": ["UID", "PID"], "Processes": [["0", str(self.processes[container])]]}


def on_host(app: str) -> dict[str, Any]:
    return {"Id": app, "Names": [f"/{app}"], "HostConfig": {"NetworkMode": "host"}}


@pytest.mark.parametrize(
    ("own", "broken", "expected"),
    [
        ("shop", False, []),
        ("blog", False, ["the container shop"]),
        ("none", True, ["a process outside containers"]),
        ("shop", True, []),
    ],
)
def test_who_listens_in_the_network_of_the_host_is_told_by_its_processes(
    *, own: str, broken: bool, expected: list[str]
) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        number = server.getsockname()[1]
        listeners = HostListeners(Tops({"shop": os.getpid()}, broken=broken), [on_host("shop")])

        others = listeners.others(lambda listed: listed["Id"] == own)

    assert [who for port, who in others if port.number == number] == expected
