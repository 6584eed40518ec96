# SPDX-License-Identifier: GPL-3.0-or-later
"""Which process listens where on a host."""

import os
import socket
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import DockerError
from ansible_collections.longshore.containers.plugins.module_utils._host_listeners import (
    HostListeners,
)
from ansible_collections.longshore.containers.plugins.module_utils._listening import (
    listening_sockets,
    sockets_of,
)
from ansible_collections.longshore.containers.plugins.module_utils._port_options import Port


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


def test_the_sockets_of_a_process_are_read_from_its_open_files() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        number = server.getsockname()[1]

        inodes = {inode for port, inode in listening_sockets() if port.number == number}

        assert inodes
        assert inodes <= sockets_of(os.getpid())


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
