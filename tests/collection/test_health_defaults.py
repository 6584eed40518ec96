# SPDX-License-Identifier: GPL-3.0-or-later
"""The defaults of `health` stand in one place; what documents or repeats them agrees."""

import re
from typing import Any

import pytest
import yaml
from ansible_collections.longshore.containers.plugins.doc_fragments.health import ModuleDocFragment
from ansible_collections.longshore.containers.plugins.module_utils._arguments import SPECS
from ansible_collections.longshore.containers.plugins.module_utils._health_gate import Health
from ansible_collections.longshore.containers.plugins.module_utils._health_rules import (
    DEFAULT_STATUS,
    DEFAULTS,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._release_arguments import (
    switch_arguments,
)

from tests.collection.conftest import ROOT
from tests.collection.releases import RELEASE
from webhook_bridge.config.health import Health as BridgeHealth
from webhook_bridge.config.health import HttpProbe

ROLE = ROOT / "roles/docker_container"


def role(name: str) -> Any:
    return yaml.safe_load((ROLE / name).read_text())


def spec() -> dict[str, Any]:
    options = role("meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    found: dict[str, Any] = options["docker_container_health"]
    return found


def documented() -> dict[str, Any]:
    options: dict[str, Any] = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    return options


def on_the_page() -> dict[str, float]:
    """Return what docs/configuration.md names: `health.a`, `health.b` | … | 1, 1 |."""
    rows = re.findall(
        r"^\| (`health\.[^|]+) \|[^|]*\| ([\d, .]+) \|$",
        (ROOT / "docs/configuration.md").read_text(),
        re.MULTILINE,
    )
    return {
        key: float(value)
        for keys, values in rows
        for key, value in zip(re.findall(r"health\.(\w+)", keys), values.split(","), strict=True)
    }


def in_the_readme() -> dict[str, float]:
    """Return the lines of the role's example, `  timeout: 60   # …`."""
    block = (ROLE / "README.md").read_text().partition("## Health")[2]
    lines = re.findall(r"^  (\w+): ([\d.]+) +#", block, re.MULTILINE)
    return {key: float(value) for key, value in lines if key in DEFAULTS}


@pytest.mark.parametrize(
    "found",
    [
        role("defaults/main.yml")["docker_container_health"],
        spec()["default"],
        {key: spec()["options"][key]["default"] for key in DEFAULTS},
        {key: documented()[key]["default"] for key in DEFAULTS},
        {key: SPECS["container_switch"]["argument_spec"][key]["default"] for key in DEFAULTS},
        {key: getattr(Health(), key) for key in DEFAULTS},
        {key: getattr(BridgeHealth(), key) for key in DEFAULTS},
        on_the_page(),
        in_the_readme(),
    ],
    ids=[
        "role",
        "argument spec",
        "its options",
        "documentation of the module",
        "module",
        "health gate",
        "bridge",
        "docs/configuration.md",
        "README of the role",
    ],
)
def test_the_defaults_are_those_of_the_rules(found: dict[str, Any]) -> None:
    assert found == DEFAULTS


@pytest.mark.parametrize(
    "found",
    [
        [spec()["options"]["http"]["options"]["status"]["default"]],
        documented()["http"]["suboptions"]["status"]["default"],
        SPECS["container_switch"]["argument_spec"]["http"]["options"]["status"]["default"],
        list(Health().statuses),
        list(HttpProbe(url="http://container/").status),
    ],
)
def test_the_status_that_counts_is_that_of_the_rules(found: list[int]) -> None:
    assert found == [DEFAULT_STATUS]


def test_an_app_that_writes_no_numbers_leaves_them_to_the_module() -> None:
    asked = switch_arguments({**RELEASE, "health": {}})

    assert asked.keys() & DEFAULTS.keys() == set()
