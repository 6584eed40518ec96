# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from webhook_bridge.config.tables import AnsibleTable
from webhook_bridge.executor.environment import run_environment

OURS = {
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "LONGSHORE_HOOKS_HUB_SECRET": "x",
    "LONGSHORE_API_TOKEN": "x",
    "LD_PRELOAD": "/x.so",
    "BASH_ENV": "/x",
    "PYTHONPATH": "/x",
    "ANSIBLE_HOST_KEY_CHECKING": "False",
    "ANSIBLE_CONFIG": "/x",
    "AWS_PROFILE": "prod",
    "AWS_REGION": "eu-west-1",
    "AWSOME": "x",
    "PATH": "/usr/bin",
}
MADE = {"PATH", "PYTHONUNBUFFERED", "LONGSHORE_OUTCOMES"}


def environment(**table: object) -> dict[str, str]:
    settings = AnsibleTable.model_validate(table)
    events = Path("/state/runs/1/events.jsonl")
    return run_environment(settings, state_dir=Path("/state"), events=events, environ=OURS)


def test_only_what_is_on_the_list_is_handed_on() -> None:
    names = {name for name in environment() if not name.startswith("ANSIBLE_")}

    assert names == {"HOME", "LANG"} | MADE


def test_host_keys_are_checked_whatever_the_bridge_was_started_with() -> None:
    assert environment()["ANSIBLE_HOST_KEY_CHECKING"] == "True"


def test_an_ansible_cfg_is_used_only_when_the_settings_name_it() -> None:
    assert "ANSIBLE_CONFIG" not in environment()
    assert environment(config="/mine.cfg")["ANSIBLE_CONFIG"] == "/mine.cfg"


def test_a_variable_that_the_settings_name_is_handed_on() -> None:
    assert environment(environment=["AWS_PROFILE", "UNSET"])["AWS_PROFILE"] == "prod"
    assert "UNSET" not in environment(environment=["UNSET"])


def test_variables_are_handed_on_by_how_they_begin() -> None:
    names = {name for name in environment(environment=["AWS_*"]) if name.startswith("AWS")}

    assert names == {"AWS_PROFILE", "AWS_REGION"}
    assert "AWS_REGION" not in environment(environment=["AWS_", "AWS_R"])


def test_no_secret_of_ours_is_handed_on_by_how_its_name_begins() -> None:
    handed = environment(environment=["L*", "LONGSHORE_*", "LONGSHORE_HOOKS_*"])

    assert not {"LONGSHORE_HOOKS_HUB_SECRET", "LONGSHORE_API_TOKEN"} & set(handed)


def test_what_a_run_promises_holds_whatever_is_handed_on() -> None:
    assert environment(environment=["ANSIBLE_*"])["ANSIBLE_HOST_KEY_CHECKING"] == "True"


@pytest.mark.parametrize("name", ["*", "", "AWS_*_X", "AWS-*", "AWS_**", "1_*", "AWS_PROFILE=x"])
def test_what_is_neither_a_variable_nor_a_beginning_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="must be the name of a variable"):
        AnsibleTable(environment=(name,))


def test_the_programs_beside_our_python_are_found_first() -> None:
    assert environment()["PATH"].endswith(":/usr/bin")


def test_the_time_for_a_connection_can_be_raised_also_for_single_hosts() -> None:
    table = environment(connect_timeout="1m")

    assert table["ANSIBLE_TIMEOUT"] == "60"
    # The first value counts for ssh, so one here would win over the variable ansible_ssh_timeout.
    assert "ConnectTimeout" not in table["ANSIBLE_SSH_ARGS"]


def test_a_vault_password_file_is_handed_on() -> None:
    table = environment(vault_password_file="/vault")

    assert table["ANSIBLE_VAULT_PASSWORD_FILE"] == "/vault"
