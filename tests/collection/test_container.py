# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read from a daemon's description of a container, and from its log."""

from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.module_utils._container import (
    Container,
    from_inspect,
    policy_body,
    policy_text,
    sortable_time,
)
from ansible_collections.longshore.containers.plugins.module_utils._container_log import last_lines


def test_times_with_fractions_of_any_length_compare() -> None:
    assert sortable_time("2026-11-22T10:00:00.1Z") < sortable_time("2026-11-22T10:00:00.12Z")
    assert sortable_time("2026-11-22T10:00:00Z") < sortable_time("2026-11-22T10:00:00.000000001Z")


@pytest.mark.parametrize("text", ["no", "always", "unless-stopped", "on-failure", "on-failure:3"])
def test_a_restart_policy_survives_being_written_and_read(text: str) -> None:
    assert policy_text(policy_body(text)) == text


def test_log_frames_are_joined_and_control_characters_dropped() -> None:
    stream = b"\1\0\0\0\0\0\0\7one\x1b[2J" + b"\2\0\0\0\0\0\0\4\ntwo"

    assert last_lines(stream, tty=False) == ["one[2J", "two"]


def test_at_most_fifty_log_lines_are_kept() -> None:
    stream = "\n".join(str(n) for n in range(200)).encode()

    assert last_lines(stream, tty=True) == [str(n) for n in range(150, 200)]


def inspected(**parts: Any) -> Container:
    """Return a container that a daemon describes by these parts, besides those it always has."""
    always = {"Id": "1", "Name": "/shop", "State": {}, "Config": {}, "HostConfig": {}}
    container: Container = from_inspect({**always, **parts})
    return container


@pytest.mark.parametrize(
    ("parts", "address"),
    [
        ({}, ""),
        (
            {"NetworkSettings": {"Networks": {"a": {"IPAMConfig": None, "IPAddress": "1.1.1.1"}}}},
            "",
        ),
        (
            {"NetworkSettings": {"Networks": {"a": {"IPAMConfig": {"IPv4Address": "1.2.3.4"}}}}},
            "1.2.3.4",
        ),
        ({"Config": {"MacAddress": "92:d0"}}, "92:d0"),
        (
            {
                "State": {"Status": "created"},
                "NetworkSettings": {"Networks": {"a": {"MacAddress": "92:d0"}}},
            },
            "92:d0",
        ),
        (
            {
                "State": {"Status": "running"},
                "NetworkSettings": {"Networks": {"a": {"MacAddress": "92:d0"}}},
            },
            "",
        ),
    ],
    ids=str,
)
def test_an_address_that_was_asked_for_is_told_from_one_that_was_given(
    parts: dict[str, Any], address: str
) -> None:
    assert inspected(**parts).fixed_address == address


def test_only_volumes_without_a_name_are_anonymous() -> None:
    def volume(path: str, name: str) -> dict[str, str]:
        return {"Type": "volume", "Destination": path, "Name": name}

    mounts = [
        volume("/anonymous", "a" * 64),
        volume("/named", "data"),
        volume("/by-id", "b" * 64),
        volume("/mounted-by-id", "c" * 64),
        {"Type": "bind", "Destination": "/bind"},
    ]
    host = {
        "Binds": [f"{'b' * 64}:/by-id:rw"],
        "Mounts": [{"Type": "volume", "Source": "c" * 64, "Target": "/mounted-by-id"}],
    }

    assert inspected(Mounts=mounts, HostConfig=host).anonymous_volumes == ("/anonymous",)
