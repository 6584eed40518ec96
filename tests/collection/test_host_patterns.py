# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts whose names Ansible would read as patterns."""

from __future__ import annotations

import pytest
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible_collections.longshore.containers.plugins.plugin_utils._host_patterns import (
    host_patterns,
)

from tests.collection.playbook_runs import Playbooks, outcomes
from tests.collection.stand_ins import DIGEST, StandIns

ODD = (
    *("web 1", "shop,eu", "a:b", "h[1:2]", "!h1", "&h1", "~h.", "h*", "-h1", "fe80::1", "h\\d"),
    *("::1", "127.0.0.1", "müller", "h1.example.com", "h1-2", "10.0.0.1:22", "all "),
)


@pytest.mark.parametrize("name", ODD)
def test_a_pattern_matches_the_host_of_the_name_alone(name: str) -> None:
    loader = DataLoader()
    inventory = InventoryManager(loader, sources=[])
    inventory.add_group("web")
    for host in {"h1", "h2", "eu", "shop", "a", "b", "1", *ODD}:
        inventory.add_host(host, group="web")

    found = inventory.get_hosts(host_patterns(["h2", name, "h1"]))  # type: ignore[no-untyped-call]  # of the collection

    assert [host.name for host in found] == ["h2", name, "h1"]


def test_hosts_with_any_name_get_the_release_and_no_others(
    playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(playbooks.folder / "collections"))
    names = ("h1", "node 3", "shop,eu", "127.0.0.1")
    stand_ins = StandIns(playbooks, (*names, "eu"))
    stand_ins.declare(hosts="web:!eu", rollout={"serial": [1, "100%"]})

    run = stand_ins.deploy()

    assert run.returncode == 0, run.output
    assert outcomes(run) == dict.fromkeys(names, "updated")

    run = stand_ins.run("status")

    assert {each["host"] for each in run.of("status")} == set(names)


def test_an_app_with_nothing_to_do_leaves_the_hosts_of_one_before_it_alone(
    playbooks: Playbooks,
) -> None:
    stand_ins = StandIns(playbooks, ("h1", "h2"))
    shop = {"image": "registry.example.com/acme/shop"}
    apps = {"shop": {**shop, "hosts": "h1"}, "blog": {**shop, "hosts": "h2"}}
    playbooks.write("inventory/group_vars/all/apps.yml", {"apps": apps})
    unchanged = {"outcome": "unchanged", "digest": DIGEST, "reason": "runs"}
    stand_ins.answer("h2", "container_preflight", unchanged=unchanged)
    deploy = "longshore.containers.deploy"
    playbooks.write(
        "site.yml",
        [
            {"ansible.builtin.import_playbook": deploy, "vars": {"app": "shop"}},
            {"ansible.builtin.import_playbook": deploy, "vars": {"app": "blog"}},
        ],
    )

    run = playbooks.run("site.yml", longshore_digest=DIGEST)

    assert run.returncode == 0, run.output
    assert stand_ins.asked("container_switch") == ["h1"]


@pytest.mark.nightly
def test_a_control_node_with_an_odd_connection_takes_part_in_no_deployment(
    playbooks: Playbooks,
) -> None:
    stand_ins = StandIns(playbooks, ("h1", "h2"))
    odd = {"other": {"hosts": {"localhost": {"ansible_connection": "{{ not_there }}"}}}}
    playbooks.write("inventory/other.yml", odd)
    playbooks.write(
        "site.yml", [{"ansible.builtin.import_playbook": "longshore.containers.deploy"}]
    )

    run = playbooks.run("site.yml", app="shop", longshore_digest=DIGEST)

    assert run.returncode == 0, run.output
    assert stand_ins.asked("container_switch") == ["h1", "h2"]
