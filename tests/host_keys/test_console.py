# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from tests.support.ec2_console import printed_keys
from webhook_bridge.host_keys import host_keys

ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMzqTM+8mIGHTJpL5RCLdfvKxGZgVDZb8xg6p1mNYyDk"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBbhhKQVW0xGMHvLqzGZ7bNyvFQNYOnZkGgTKuFhtMQv"
ECDSA = (
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBAfSeYG+kHyfnYDNmMzmmM"
    "zmmMzmmMzmmMzmmMzmmMzmmMzmmMzmmMzmmMzmmMzmmMzmmMzmmMzmmMzmmMzmmMw="
)


def test_the_keys_that_cloud_init_prints_are_found() -> None:
    assert host_keys(printed_keys(ECDSA, ED25519)) == [ECDSA, ED25519]


def test_nothing_is_found_before_the_end_of_the_block() -> None:
    console = printed_keys(ED25519)

    assert host_keys(console[: console.index("-----END SSH HOST KEY KEYS")]) == []
    assert host_keys("") == []


def test_a_key_outside_of_the_block_is_none() -> None:
    assert host_keys(f"{OTHER}\n{printed_keys(ED25519)}{OTHER}\n") == [ED25519]


def test_a_block_that_follows_the_first_one_counts_for_nothing() -> None:
    """A container's output may come to the console too."""
    assert host_keys(printed_keys(ED25519) + printed_keys(OTHER)) == [ED25519]


def test_the_time_before_a_line_is_passed_over() -> None:
    assert host_keys(printed_keys(f"[   12.345678] cloud-init[700]: {ED25519}")) == [ED25519]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(ED25519[:-8], id="cut off"),
        pytest.param(ED25519.replace("ssh-ed25519", "ssh-rsa"), id="another type"),
        pytest.param(ED25519[:40] + "[ 3.1] audit: x" + ED25519[40:], id="another line within"),
        pytest.param(ED25519 + "AAAA", id="more than a key"),
        pytest.param("@cert-authority * " + ED25519.replace(" ", "  "), id="two spaces"),
        pytest.param("ssh-dss AAAAB3NzaC1kc3MAAACBAOeB", id="a type that ssh has given up"),
        pytest.param("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", id="no key behind the type"),
    ],
)
def test_a_line_without_a_whole_key_is_left_out(line: str) -> None:
    assert host_keys(printed_keys(line, OTHER)) == [OTHER]


def test_a_key_that_was_printed_twice_is_there_once() -> None:
    assert host_keys(printed_keys(ED25519, ED25519)) == [ED25519]
