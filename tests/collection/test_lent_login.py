# SPDX-License-Identifier: GPL-3.0-or-later
"""The login that the bridge lends to a run: which tasks have it, and who sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.longshore.containers.plugins.plugin_utils._lent_login import (
    VARIABLE,
    lent_login,
)

from tests.collection.stand_ins import StandIns

TOKEN = "eyJwYXlsb2FkIjoiRVhBTVBMRS1hLXRva2VuLW9mLXR3ZWx2ZS1ob3VycyJ9"
LENT = {"registry": "registry.example.com", "username": "AWS", "password": TOKEN}
LOGIN = {"username": "AWS", "password": TOKEN}
OWN = {"username": "bot", "password": "the-hosts-own"}
MODULES = ("container_preflight", "image_pull")


@pytest.fixture
def lent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that stands for the memory of the bridge."""
    file = tmp_path / "lent"
    file.write_text(json.dumps(LENT))
    monkeypatch.setenv(VARIABLE, str(file))
    monkeypatch.setenv("ANSIBLE_PIPELINING", "true")
    return file


@pytest.mark.usefixtures("lent")
def test_a_lent_login_goes_with_what_asks_the_registry_and_is_printed_nowhere(
    stand_ins: StandIns,
) -> None:
    hook = {"ansible.builtin.debug": {"var": "hostvars[inventory_hostname]"}}
    variables = {
        "docker_container_before_switch": str(stand_ins.playbooks.write("hook.yml", [hook])),
    }
    stand_ins.playbooks.write("inventory/group_vars/all/hooks.yml", variables)
    stand_ins.playbooks.write("inventory/host_vars/h2.yml", {"ansible_pipelining": False})
    own = {"registries": {"registry.example.com": OWN}}
    stand_ins.playbooks.write("inventory/host_vars/h3.yml", own)

    run = stand_ins.deploy("-vvvv", "--limit", "h1,h2,h3")

    assert run.returncode == 0, run.output
    for module in MODULES:
        told = stand_ins.arguments(module)
        logins = {host: arguments.get("login") for host, arguments in told.items()}
        # One that may be written to a file gets nothing, one that has a login keeps its own.
        assert logins == {"h1": LOGIN, "h2": None, "h3": OWN}
        assert "ansible_pipelining" in told["h2"]["login_trouble"]["said"]
        assert told["h2"]["login_trouble"]["passing"] is False
    assert stand_ins.all_arguments().count(TOKEN) == len(MODULES)
    assert "longshore_inputs" in run.output  # the hook has printed what there is
    assert TOKEN not in run.output + json.dumps(run.events)
    left = [file for file in (run.folder / "ansible").rglob("*") if file.is_file()]
    assert not [file for file in left if TOKEN.encode() in file.read_bytes()]


@pytest.mark.usefixtures("lent")
def test_a_lent_login_that_a_host_says_back_is_not_printed(stand_ins: StandIns) -> None:
    stand_ins.take_over("h1").answer(failed=True, msg=f"I was sent {TOKEN}", problems=[])

    run = stand_ins.deploy("-vvv", "--limit", "h1")

    assert "I was sent <password>" in run.output
    assert TOKEN not in run.output + json.dumps(run.events)


@pytest.mark.parametrize(
    ("registry", "image", "has_it"),
    [
        ("registry.example.com", "registry.example.com/acme/shop", True),
        ("registry.example.com/acme", "registry.example.com/acme/shop", True),
        ("registry.example.com/acm", "registry.example.com/acme/shop", False),
        ("registry.example.com", "other.example.com/acme/shop", False),
        ("registry.example.com", "registry.example.com:5000/acme/shop", False),
        ("registry.example.com", "registry.example.com.evil.example/acme/shop", False),
        ("docker.io", "acme/shop", True),
        ("registry.example.com", "no name {{ at all }}", False),
    ],
)
def test_a_login_is_lent_for_images_of_its_registry_alone(
    lent: Path, registry: str, image: str, *, has_it: bool
) -> None:
    lent.write_text(json.dumps({**LENT, "registry": registry}))

    found = lent_login(image, {VARIABLE: str(lent)})

    assert (found.get("password") == TOKEN) is has_it


def test_a_run_that_is_lent_nothing_has_no_login(lent: Path) -> None:
    assert lent_login("registry.example.com/acme/shop", {}) == {}
    lent.unlink()
    with pytest.raises(OSError, match="lent"):
        lent_login("registry.example.com/acme/shop", {VARIABLE: str(lent)})
