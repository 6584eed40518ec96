# SPDX-License-Identifier: GPL-3.0-or-later
"""Which login an image has, where accounts at one registry see different repositories."""

from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.plugin_utils._registry_keys import (
    login_for,
    logins_problems,
    longest_prefix,
)

from tests.collection.stand_ins import StandIns

LOGINS = {
    "ghcr.io": {"username": "all"},
    "ghcr.io/acme": {"username": "acme"},
    "ghcr.io/acme/shop": {"username": "shop"},
    "index.docker.io": {"username": "hub"},
    "docker.io/acme": {"username": "hub-acme"},
    "registry.example.com:5000": None,
    "docker.io/redis": {"username": "hub-redis"},
}


@pytest.mark.parametrize(
    ("image", "user"),
    [
        ("ghcr.io/acme/shop", "shop"),
        ("ghcr.io/acme/shop2", "acme"),
        ("ghcr.io/acme2/shop", "all"),
        ("ghcr.io/other/acme", "all"),
        ("docker.io/library/nginx", "hub"),
        ("acme/shop", "hub-acme"),
        ("redis", "hub-redis"),
        ("docker.io/library/redis", "hub-redis"),
        ("redis/redis-stack", "hub-redis"),
        ("quay.io/acme/shop", None),
        ("registry.example.com:5000/acme/shop", None),
    ],
)
def test_the_longest_key_that_an_image_begins_with_counts(image: str, user: str | None) -> None:
    assert login_for(LOGINS, image).get("username") == user


@pytest.mark.parametrize("key", ["acme", "acme/shop", "nginx", "https://acme/v1/", ""])
def test_a_key_that_no_image_begins_with_is_refused(key: str) -> None:
    [(path, said)] = logins_problems({key: {"username": "u", "password": "p"}})

    assert path == f'registries."{key}"'
    assert said.startswith("must be a registry: a host name")


def test_no_key_is_none() -> None:
    assert longest_prefix("ghcr.io/acme/shop", {}) is None


def test_two_apps_at_one_registry_are_pulled_with_their_own_logins(stand_ins: StandIns) -> None:
    def login(name: str) -> dict[str, Any]:
        return {"username": name, "password": f"{name}-word"}

    logins = {
        "registry.example.com": login("all"),
        "registry.example.com/acme/shop": login("shop"),
    }
    stand_ins.playbooks.write("inventory/group_vars/all/registries.yml", {"registries": logins})
    stand_ins.declare(hosts="h1")

    stand_ins.deploy()
    shop = stand_ins.arguments("image_pull")["h1"]["login"]
    stand_ins.declare(image="registry.example.com/acme/blog", hosts="h1")
    stand_ins.deploy()

    assert shop == login("shop")
    assert stand_ins.arguments("image_pull")["h1"]["login"] == login("all")
