# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user's ansible.cfg says, and a run overrides."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.installation import Installation
from webhook_bridge.executor.ansible_config import OVERRIDDEN, configuration_notes
from webhook_bridge.executor.environment import run_environment

pytestmark = pytest.mark.matrix

DEFINED = """
import json
from ansible import constants
found = constants.config.get_configuration_definitions()
print(json.dumps({
    env["name"]: [f"{ini['section']}.{ini['key']}" for ini in one.get("ini", [])]
    for one in found.values() for env in one.get("env", [])
}))
"""
MINE = """
[defaults]
ask_pass = True
strategy = free
any_errors_fatal = True
forks = 5
remote_user = deploy
[privilege_escalation]
become = True
become_ask_pass = True
[tags]
run = fast
[ssh_connection]
ssh_args = -o ProxyJump=bastion
ssh_common_args = -o StrictHostKeyChecking=no
"""


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    folder = tmp_path / "longshore"
    folder.mkdir()
    return Installation(folder)


def configured(installation: Installation, ansible: str) -> list[str]:
    with installation.file.open("a") as settings:
        settings.write(f"\n[ansible]\n{ansible}\n")
    return configuration_notes(installation.settings())


def test_each_setting_that_a_run_overrides_is_named_with_what_to_do(
    installation: Installation,
) -> None:
    file = installation.folder / "mine.cfg"
    file.write_text(MINE)

    notes = configured(installation, f'config = "{file}"')

    said = "\n".join(notes)
    for place in (
        "defaults: ask_pass",
        "defaults: strategy",
        "defaults: any_errors_fatal",
        "defaults: forks",
        "privilege_escalation: become_ask_pass",
        "tags: run",
        "ssh_connection: ssh_args",
    ):
        assert f"{file}: {place} does not count in runs" in said
    assert "ansible_become_password" in said
    assert "ssh_connection: ssh_common_args has ssh trust any host key" in said
    assert "remote_user" not in said
    assert "privilege_escalation: become " not in said


def test_a_configuration_that_says_nothing_of_this_has_no_notes(
    installation: Installation,
) -> None:
    file = installation.folder / "mine.cfg"
    file.write_text("[defaults]\nremote_user = deploy\n")

    assert configured(installation, f'config = "{file}"') == []


@pytest.mark.parametrize(("value", "noted"), [("yes", True), ("True", True), ("no", False)])
def test_a_cache_of_inventory_plugins_is_noted(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, value: str, *, noted: bool
) -> None:
    file = installation.folder / "mine.cfg"
    file.write_text(f"[inventory]\ncache = {value}\n")
    monkeypatch.setenv("ANSIBLE_INVENTORY_CACHE", value)

    notes = configured(
        installation, f'config = "{file}"\nenvironment = ["ANSIBLE_INVENTORY_CACHE"]'
    )

    places = [f"{file}: inventory: cache keeps", ".environment: ANSIBLE_INVENTORY_CACHE keeps"]
    assert [any(place in each for each in notes) for place in places] == [noted, noted]


def test_the_configuration_in_the_home_of_the_bridge_is_read_as_a_run_reads_it(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = installation.folder / "home"
    home.mkdir()
    (home / ".ansible.cfg").write_text("[defaults]\nstrategy = free\n")
    monkeypatch.setenv("HOME", str(home))

    notes = configuration_notes(installation.settings())

    assert [each for each in notes if "defaults: strategy does not count" in each]


def test_a_variable_that_a_run_sets_itself_is_named_where_the_settings_hand_it_on(
    installation: Installation,
) -> None:
    notes = configured(installation, 'environment = ["ANSIBLE_STRATEGY", "AWS_PROFILE"]')

    assert len(notes) == 1
    assert "ansible.environment: ANSIBLE_STRATEGY does not count" in notes[0]


def test_ansible_reads_what_is_overridden_at_the_places_that_are_looked_at() -> None:
    done = subprocess.run(
        [sys.executable, "-c", DEFINED], capture_output=True, text=True, check=True
    )
    defined = json.loads(done.stdout)
    # Defined by the ssh connection alone.
    of_ssh = {"ANSIBLE_SSH_ARGS"}

    for variable in OVERRIDDEN.keys() - of_ssh:
        assert set(defined[variable]) & set(OVERRIDDEN[variable][0]), variable


def test_every_variable_that_is_said_to_be_overridden_is_set_by_a_run(
    installation: Installation,
) -> None:
    settings = installation.settings()
    asked = dict.fromkeys(OVERRIDDEN, "mine")
    table = settings.ansible.model_copy(update={"environment": tuple(OVERRIDDEN)})

    made = run_environment(
        table, state_dir=settings.state_dir, events=Path(os.devnull), environ=asked
    )

    assert "mine" not in made.values()
