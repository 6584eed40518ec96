# SPDX-License-Identifier: GPL-3.0-or-later
"""Which option of a container changed is told by fingerprints, of which no value can be guessed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.plugin_utils._option_prints import (
    LABEL,
    content_print,
    option_label,
    option_prints,
    other_options,
)

from tests.collection.stand_ins import StandIns
from tests.collection.status_rows import V1, runs

KEY, OTHER_KEY = "k" * 64, "o" * 64
OPTIONS = {
    "env": {"LOG_LEVEL": "info", "PASSWORD": "swordfish"},
    "labels": {"team": "blue"},
    "published_ports": ["80:8080"],
    "env_file": "/etc/shop.env",
}


def label(options: dict[str, Any] = OPTIONS, key: str = KEY) -> str:
    return option_label(options, key)[LABEL]


def differing(options: dict[str, Any], *, made_with: dict[str, Any] = OPTIONS) -> list[str] | None:
    return other_options(label(made_with), option_prints(options, KEY))


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({}, []),
        ({"env": {"LOG_LEVEL": "debug", "PASSWORD": "swordfish"}}, ["env LOG_LEVEL"]),
        ({"env": {"LOG_LEVEL": "info"}}, ["env PASSWORD"]),
        ({"env": {**OPTIONS["env"], "NEW": "1"}}, ["env NEW"]),
        ({"env": None}, ["env", "env LOG_LEVEL", "env PASSWORD"]),
        ({"labels": {"team": "red"}}, ["labels team"]),
        ({"published_ports": ["81:8080"]}, ["published_ports"]),
        ({"published_ports": ["80:8080"], "memory": "1g"}, ["memory"]),
        ({"env_file": "/etc/other.env"}, ["env_file"]),
        ({"env": {"LOG_LEVEL": 1, "PASSWORD": "x"}}, ["env LOG_LEVEL", "env PASSWORD"]),
    ],
)
def test_the_options_that_changed_are_named(changed: dict[str, Any], names: list[str]) -> None:
    assert differing({**OPTIONS, **changed}) == names


def test_an_option_that_is_omitted_is_no_difference() -> None:
    one, other = ("__omit_place_holder__" + digit * 40 for digit in "12")
    omitted = {**OPTIONS, "memory": one, "env": {**OPTIONS["env"], "NEW": one}}

    assert differing({**omitted, "memory": other}, made_with=omitted) == []
    assert differing(omitted) == []


def test_the_order_of_options_is_no_difference() -> None:
    assert differing(dict(reversed(OPTIONS.items()))) == []


def test_a_label_holds_no_value_and_another_key_makes_another_one() -> None:
    assert "swordfish" not in label()
    ours, others = json.loads(label()), json.loads(label(key=OTHER_KEY))
    assert ours.keys() == others.keys()
    assert not set(ours.values()) & set(others.values())


@pytest.mark.parametrize(
    ("then", "now", "names"),
    [
        ("a1", "a1", []),
        ("a1", "b2", ["content of env_file"]),
        ("", "b2", []),
        ("a1", "", []),
    ],
)
def test_another_content_of_the_env_file_is_named_where_it_was_looked_at_both_times(
    then: str, now: str, names: list[str]
) -> None:
    made = option_label(OPTIONS, KEY, then)[LABEL]
    wanted = {**option_prints(OPTIONS, KEY), **content_print(now, KEY)}

    assert other_options(made, wanted) == names


@pytest.mark.parametrize(
    "text",
    ["", "x", "[]", "{}", "null", "[" * 100_000, None, 5, label(key=OTHER_KEY), '{"": "zz"}'],
)
def test_options_cannot_be_compared_with_what_is_no_label_of_the_same_key(text: object) -> None:
    assert other_options(text, option_prints(OPTIONS, KEY)) is None


def test_without_a_key_there_is_no_label_and_nothing_is_compared() -> None:
    assert option_label(OPTIONS, "") == {}
    assert other_options(label(), option_prints(OPTIONS, "")) is None


CONTAINER: dict[str, Any] = {
    "env": {"LOG_LEVEL": "{{ level }}", "SECRET": "swordfish"},
    "command": ["{{ level }}"],
}


@pytest.mark.matrix
def test_a_staged_container_bears_the_label_and_no_host_gets_the_key(stand_ins: StandIns) -> None:
    stand_ins.declare(container=CONTAINER)
    stand_ins.playbooks.write("inventory/group_vars/all/level.yml", {"level": "info"})

    stand_ins.deploy(longshore_option_key=KEY, longshore_hosts=["h1", "h2"])

    rendered = {"env": {"LOG_LEVEL": "info", "SECRET": "swordfish"}, "command": ["info"]}
    told = stand_ins.arguments("docker_container")
    assert told
    assert {each["labels"][LABEL] for each in told.values()} == {label(rendered)}
    assert KEY not in stand_ins.all_arguments()


@pytest.mark.matrix
def test_status_names_what_changed_on_each_host_by_its_own_variables(stand_ins: StandIns) -> None:
    file = {"env_file": "/etc/shop.env"}
    env = {"LOG_LEVEL": "info", "SECRET": "swordfish"}
    made = {"env": env, "command": ["info"], **file}
    stand_ins.declare(container={**CONTAINER, **file})
    stand_ins.playbooks.write("inventory/group_vars/all/level.yml", {"level": "info"})
    stand_ins.playbooks.write("inventory/host_vars/h2.yml", {"level": "debug"})
    stand_ins.playbooks.write("inventory/host_vars/h3.yml", {"level": "{{ nothing_here }}"})
    for host in ("h1", "h2", "h3", "h4"):
        row = {**runs(V1, made=1), "options": option_label(made, KEY, "a1")[LABEL]}
        content = "b2" if host == "h4" else "a1"
        stand_ins.answer(host, "container_status", containers=[row], daemon="abc", env_file=content)

    run = stand_ins.run("status", longshore_option_key=KEY)

    told = {each["host"]: each["containers"][0] for each in run.of("status") if each.get("daemon")}
    assert {host: row["other_options"] for host, row in told.items()} == {
        "h1": [],
        "h2": ["command", "env LOG_LEVEL"],
        "h3": None,
        "h4": ["content of env_file"],
    }
    asked = stand_ins.arguments("container_status")
    assert {each.get("env_file") for host, each in asked.items() if host != "h3"} == {
        "/etc/shop.env"
    }
    assert KEY not in stand_ins.all_arguments()
    assert "swordfish" not in run.output + json.dumps(run.events)


def test_a_host_cannot_say_itself_which_options_differ(stand_ins: StandIns) -> None:
    row = {**runs(V1, made=1), "other_options": ["env FORGED"]}
    stand_ins.answer("h1", "container_status", containers=[row], daemon="abc")

    run = stand_ins.run("status")

    [told] = [each for each in run.of("status") if each["host"] == "h1"]
    assert told["containers"][0]["other_options"] is None
