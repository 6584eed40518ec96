# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role asks its modules for, from its variables."""

from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.longshore.containers.plugins.plugin_utils._release_arguments import (
    container_name,
    preflight_arguments,
    staging_arguments,
    switch_arguments,
)

from tests.collection.releases import RELEASE

# How names were made before they were made in Python: containers that run bear them.
EARLIER = trust_as_template(
    "{{ app }}-{{ (digest ~ options | to_json(sort_keys=True) ~ content)"
    " | ansible.builtin.hash('sha256') | truncate(12, true, '', 0) }}"
)
OPTIONS: list[dict[str, Any]] = [
    {},
    {"published_ports": ["80:8080"], "env": {"B": "1", "A": "grün", "C": None}, "init": True},
    {"memory": "1g", "stop_timeout": 3, "labels": {"x": "y"}, "networks": [{"name": "n"}]},
]


@pytest.mark.parametrize("content", ["", "0123456789abcdef"])
@pytest.mark.parametrize("options", OPTIONS)
def test_a_release_keeps_the_name_that_its_containers_bear(
    options: dict[str, Any], content: str
) -> None:
    release = {**RELEASE, "options": options, "looked": {"env_file": content}}
    variables = {**release, "content": content}

    assert container_name(release) == Templar(DataLoader(), variables).template(EARLIER)


def test_pre_flight_is_sent_no_environment() -> None:
    options = {"env": {"TOKEN": "of-the-shop"}, "labels": {"a": "b"}, "volumes": ["data:/data"]}

    asked = preflight_arguments({**RELEASE, "options": options})

    assert asked["options"] == {"volumes": ["data:/data"]}
    assert "of-the-shop" not in str(asked)


def test_pre_flight_is_asked_about_the_very_switch_that_follows() -> None:
    health = {"timeout": 5, "http": {"url": "http://container:8080/", "status": 204}}
    release = {**RELEASE, "health": health, "options": {"networks": [{"name": "back"}]}}

    asked = preflight_arguments(release)["switch"]

    assert {**asked, "socket": RELEASE["socket"]} == switch_arguments(release)
    assert asked["http"]["status"] == [204]
    assert asked["networks"] == [{"name": "back"}]


def test_networks_that_cannot_be_read_are_left_to_what_pre_flight_says_of_them() -> None:
    asked = preflight_arguments({**RELEASE, "options": {"networks": ["back"]}})

    assert asked["switch"] is None
    assert asked["options"] == {"networks": ["back"]}


def test_a_container_to_go_back_to_is_asked_for_by_its_id() -> None:
    asked = switch_arguments({**RELEASE, "kept": "0123456789ab"})

    assert asked["restore_container"] == "0123456789ab"
    assert "name" not in asked


@pytest.mark.parametrize(
    ("options", "label"),
    [
        ({}, "always"),
        ({"restart_policy": None}, "always"),
        ({"restart_policy": "no"}, "no"),
        ({"restart_policy": "on-failure", "restart_retries": 3}, "on-failure:3"),
        ({"restart_policy": "on-failure", "restart_retries": 0}, "on-failure"),
        ({"restart_policy": "always", "restart_retries": 3}, "always"),
    ],
)
def test_the_restart_policy_is_kept_for_the_switch(options: dict[str, Any], label: str) -> None:
    asked = staging_arguments({**RELEASE, "options": {**options, "labels": {"mine": "1"}}})

    assert asked["labels"]["longshore.restart_policy"] == label
    assert asked["labels"]["mine"] == "1"
    assert asked["options"] == {}


def test_what_goes_back_replaces_nothing() -> None:
    looked = {"replaces": "sha256:" + "b" * 64}

    forward = staging_arguments({**RELEASE, "looked": looked})
    back = staging_arguments({**RELEASE, "looked": looked, "goes_back": True})

    assert forward["labels"]["longshore.replaces"] == looked["replaces"]
    assert back["labels"]["longshore.replaces"] == ""
