# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's defaults, its argument specification and its README say the same."""

from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.longshore.containers.plugins.module_utils._arguments import SPECS

from tests.collection.conftest import ROOT

HEALTH = "docker_container_health"
ROLES = sorted(path.parent for path in ROOT.glob("roles/*/meta"))


def options(role: Any) -> dict[str, Any]:
    specs = yaml.safe_load((role / "meta/argument_specs.yml").read_text())
    found: dict[str, Any] = specs["argument_specs"]["main"]["options"]
    return found


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_defaults_are_those_of_the_argument_specification(role: Any) -> None:
    defaults = yaml.safe_load((role / "defaults/main.yml").read_text())

    specified = {
        name: spec["default"] for name, spec in options(role).items() if not spec.get("required")
    }

    assert defaults == specified


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_the_defaults_are_accepted_by_the_argument_specification(role: Any) -> None:
    given = {name: name for name, spec in options(role).items() if spec.get("required")}
    defaults = yaml.safe_load((role / "defaults/main.yml").read_text())

    found = ArgumentSpecValidator(options(role)).validate({**defaults, **given})

    assert found.error_messages == []


def test_half_a_login_at_the_registry_is_refused() -> None:
    name = "docker_container_registry"
    spec = {name: options(ROOT / "roles/docker_container")[name]}

    found = ArgumentSpecValidator(spec).validate({name: {"username": "shop"}})

    assert "required together: username, password" in found.error_messages[0]


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_required_options_are_shown_in_the_defaults_as_comments(role: Any) -> None:
    text = (role / "defaults/main.yml").read_text()

    required = [name for name, spec in options(role).items() if spec.get("required")]

    assert [name for name in required if f"# {name}:" not in text] == []


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_the_readme_names_every_option(role: Any) -> None:
    readme = (role / "README.md").read_text()

    assert [name for name in options(role) if f"`{name}`" not in readme] == []


def test_seconds_of_health_may_have_fractions_in_role_and_module() -> None:
    seconds = {"timeout": 20.5, "stable_for": 0.25}
    role = {HEALTH: options(ROOT / "roles/docker_container")[HEALTH]}
    names = {"app": "shop", "name": "shop-0", "digest": "sha256:0"}

    in_role = ArgumentSpecValidator(role).validate({HEALTH: seconds})
    in_module = ArgumentSpecValidator(SPECS["container_switch"]["argument_spec"]).validate(
        {**names, **seconds}
    )

    assert in_role.error_messages + in_module.error_messages == []
    assert seconds.items() <= in_role.validated_parameters[HEALTH].items()
    assert seconds.items() <= in_module.validated_parameters.items()
