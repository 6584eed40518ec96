# SPDX-License-Identifier: GPL-3.0-or-later
"""No option of docker_container, by any name, gets round what stage and switch set themselves.

The names come from the documentation of the community.docker that is installed, so that a newer one
which brings another alias fails here.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.plugin_utils._governed_options import GOVERNED

# They choose no other daemon: see the comment at the list itself.
FREE = {"timeout", "debug"}
# What the role reads of the user's options, by these names only.
READ = {"labels", "platform", "restart_policy", "restart_retries"}


def documented(*modules: str) -> list[dict[str, Any]]:
    """Return the options of these modules, as ansible-doc tells them."""
    names = [f"community.docker.{module}" for module in modules]
    program = Path(sys.executable).with_name("ansible-doc")
    command = [str(program), "--json", *names]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    found = json.loads(done.stdout)
    return [found[name]["doc"]["options"] for name in names]


@pytest.fixture(scope="module")
def options() -> dict[str, Any]:
    return documented("docker_container")[0]


@pytest.fixture(scope="module")
def governed() -> set[str]:
    return set(GOVERNED)


def test_every_alias_of_a_governed_option_is_governed(
    options: dict[str, Any], governed: set[str]
) -> None:
    families = [{name, *option.get("aliases", [])} for name, option in options.items()]

    assert [
        family - governed for family in families if family & governed and family - governed
    ] == []


def test_every_option_about_the_connection_is_governed(governed: set[str]) -> None:
    container, other = documented("docker_container", "docker_volume_info")

    assert (container.keys() & other.keys()) - governed == FREE


def test_what_the_role_reads_of_the_options_has_no_other_name(options: dict[str, Any]) -> None:
    assert {name: options[name].get("aliases", []) for name in READ} == {name: [] for name in READ}
