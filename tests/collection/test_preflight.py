# SPDX-License-Identifier: GPL-3.0-or-later
"""What would keep a release from running on a host: the decisions."""

import pytest
from ansible_collections.longshore.containers.plugins.module_utils._port_options import (
    Port,
    needed_ports,
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
    ("found", "size", "fits"),
    [
        (FOUND, 400_000_000, True),
        (FOUND, 500_000_000, False),
        (FOUND._replace(has_earlier_version=True), 900_000_000, True),
        (FOUND._replace(has_earlier_version=True), 950_000_000, False),
        (FOUND._replace(free_bytes=10_000_000), 0, False),
        (FOUND._replace(free_bytes=None), 10**12, True),
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
    found = FOUND._replace(
        missing_volumes=("data",),
        missing_networks=("front",),
        holders=((Port("", 80, "tcp"), "the container nginx"),),
    )

    assert volume_problems(found)[0].startswith("there is no volume data: create it")
    assert network_problems(found)[0].startswith("there is no network front: create it")
    assert network_problems(Found("amd64", networks_by_id=(("0a1b", "front"),))) == [
        "0a1b in networks is the ID of the network front of this host: write its name"
    ]
    ports = needed_ports({"published_ports": ["80:80", "443:443"]})
    assert port_problems(found, ports) == [
        "port 80/tcp is held by the container nginx: free it, or change published_ports"
    ]
