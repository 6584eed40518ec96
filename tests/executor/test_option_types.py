# SPDX-License-Identifier: GPL-3.0-or-later
"""What docker_container would refuse of the values of options."""

from __future__ import annotations

from typing import Any

import pytest

from webhook_bridge.executor.option_types import type_problems

NETWORK = {
    "name": {"type": "str", "required": True},
    "aliases": {"type": "list", "elements": "str"},
    "range": {"type": "dict", "suboptions": {"from": {"type": "str"}}},
}
KNOWN: dict[str, dict[str, Any]] = {
    "check": {"type": "dict", "suboptions": {"test": {"type": "raw"}}},
    "cpus": {"type": "float"},
    "memory": {"type": "str"},
    "memory_swap": {"type": "str"},
    "networks": {"type": "list", "elements": "dict", "suboptions": NETWORK},
    "pull": {"type": "str", "choices": ["always", "never"]},
    "user": {"type": "str"},
}


@pytest.mark.parametrize(
    ("values", "path", "said"),
    [
        ({"cpus": "many"}, "cpus", "unable to convert to float"),
        ({"memory": "1x"}, "memory", "must be a size in bytes, or with a unit, for example 512M"),
        ({"pull": "often"}, "pull", "must be one of: always, never"),
        ({"check": ["CMD"]}, "check", "argument 'check' is of type list"),
        ({"networks": ["front"]}, "networks", "Elements value for option 'networks'"),
        ({"networks": [{"aliases": ["x"]}]}, "networks", "missing required arguments: name"),
        (
            {"networks": [{"name": "x", "alias": "y"}]},
            "networks.alias",
            "is not known here; allowed: aliases, name, range",
        ),
    ],
)
def test_what_the_module_would_refuse_is_told_once_with_its_place(
    values: dict[str, Any], path: str, said: str
) -> None:
    [(told, sentence)] = type_problems(values, KNOWN)

    assert told == path
    assert said in sentence


def test_each_unknown_key_inside_of_an_option_is_named() -> None:
    network = {"name": "x", "driver_opts": {"a": "b"}, "gw_priority": 1}

    assert type_problems({"networks": [network]}, KNOWN) == [
        ("networks.driver_opts", "is not known here; allowed: aliases, name, range"),
        ("networks.gw_priority", "is not known here; allowed: aliases, name, range"),
    ]


def test_unknown_keys_in_different_places_are_not_given_the_keys_of_one_of_them() -> None:
    network = {"name": "x", "alias": "y", "range": {"till": "z"}}

    assert type_problems({"networks": [network]}, KNOWN) == [
        ("networks.alias", "is not known here"),
        ("networks.range.till", "is not known here"),
    ]


def test_what_the_module_takes_is_no_problem() -> None:
    values = {
        "cpus": "1.5",
        "memory": "512M",
        "memory_swap": -1,
        "networks": [{"name": "front", "aliases": "a,b"}, "name=back"],
        "pull": None,
        "user": 1000,
        "unknown": object(),
    }

    assert type_problems(values, KNOWN) == []
