# SPDX-License-Identifier: GPL-3.0-or-later
"""What a container needs of its host, as read from its options."""

from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.module_utils._host_needs import (
    mounted_paths,
    needed_networks,
    needed_volumes,
    option_problems,
)
from ansible_collections.longshore.containers.plugins.module_utils._port_options import (
    needed_ports,
    uses_host_network,
)


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


def test_what_is_mounted_is_known_in_every_way_of_writing_it() -> None:
    options = {
        "volumes": ["data:/data:ro", "/srv/x:/x/", "/anonymous"],
        "mounts": [{"source": "cache", "target": "/c"}, "type=tmpfs target=/t"],
        "tmpfs": ["/run:size=64m"],
    }

    assert mounted_paths(options) == {"/data", "/x", "/anonymous", "/c", "/t", "/run"}
    assert mounted_paths({}) == set()


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
