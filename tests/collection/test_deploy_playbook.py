# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbook deploy refuses before it touches a host."""

from functools import partial
from typing import Any

import pytest

from tests.collection.conftest import Playbooks
from tests.collection.stand_ins import StandIns

DEPLOY = "longshore.containers.deploy"
DIGEST = "sha256:" + "a" * 64
SHOP = {"image": "registry.example.com/acme/shop", "track": "latest", "hosts": "web"}
rare = partial(pytest.param, marks=pytest.mark.nightly)


def declare(playbooks: Playbooks, **fields: Any) -> None:
    apps = {"shop": {**SHOP, **fields}}
    playbooks.write("inventory/group_vars/all/apps.yml", {"apps": apps})


@pytest.mark.matrix
@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({}, "No app was named: add -e app=NAME"),
        ({"app": "shoop"}, "The inventory has no app shoop."),
        ({"app": "shop", "longshore_digest": "sha256:abc"}, "must be sha256: and 64"),
        ({"app": "shop", "longshore_digest": DIGEST + "\n"}, "must be sha256: and 64"),
        (
            {"app": "shop", "longshore_digest": DIGEST, "longshore_hosts": ["db1"]},
            "no host of shop",
        ),
    ],
    ids=["no app", "unknown app", "short digest", "digest with newline", "stranger"],
)
def test_a_wrong_order_is_refused(
    playbooks: Playbooks, extra: dict[str, Any], message: str
) -> None:
    declare(playbooks)

    run = playbooks.run(DEPLOY, **extra)

    assert run.returncode != 0
    assert message in run.output
    assert message in run.of("error")[0]["message"]
    assert run.of("expected") == []


def test_an_unknown_app_names_those_that_are_known(playbooks: Playbooks) -> None:
    declare(playbooks)

    assert "Known apps: shop" in playbooks.run(DEPLOY, app="blog").output


def test_a_pattern_without_hosts_is_a_failure(playbooks: Playbooks) -> None:
    declare(playbooks, hosts="db")

    run = playbooks.run(DEPLOY, app="shop", longshore_digest=DIGEST)

    assert run.returncode != 0
    assert "No host to deploy shop to" in run.output


@pytest.mark.parametrize("pattern", ["web:localhost", "localhost"])
def test_this_machine_is_never_left_out_in_silence(playbooks: Playbooks, pattern: str) -> None:
    declare(playbooks, hosts=pattern)

    run = playbooks.run(DEPLOY, app="shop", longshore_digest=DIGEST)

    assert run.returncode != 0
    assert "apps.shop.hosts names this machine" in run.of("error")[0]["message"]
    assert run.of("expected") == []


def test_an_empty_inventory_is_a_failure(playbooks: Playbooks) -> None:
    declare(playbooks)
    playbooks.write("inventory/hosts.yml", {"web": {"hosts": {}}})

    run = playbooks.run(DEPLOY, app="shop", longshore_digest=DIGEST)

    assert run.returncode != 0
    assert "No host to deploy shop to" in run.output


def test_a_run_of_the_bridge_without_hosts_stops_for_the_inventorys_sake(
    playbooks: Playbooks,
) -> None:
    declare(playbooks, hosts="db")

    run = playbooks.run(DEPLOY, app="shop", longshore_digest=DIGEST)

    assert [one["reason"] for one in run.of("stopped")] == ["inventory_empty"]
    assert run.of("error") == []


@pytest.mark.parametrize(("most_lost", "stopped"), [(1, ["inventory_shrank"]), (2, [])])
def test_a_rollout_waits_while_the_inventory_has_lost_many_hosts(
    playbooks: Playbooks, most_lost: int, stopped: list[str]
) -> None:
    declare(playbooks, hosts="h1")

    run = playbooks.run(
        DEPLOY,
        "--check",
        app="shop",
        longshore_digest=DIGEST,
        longshore_known_hosts=["h1", "gone-1", "gone-2"],
        longshore_most_lost=most_lost,
    )

    assert [one["reason"] for one in run.of("stopped") if "inventory" in one["reason"]] == stopped
    if stopped:
        assert "lost 2 of the 3 hosts of shop: gone-1, gone-2" in run.of("stopped")[0]["why"]
        assert run.of("expected") == []


def test_a_limit_outside_of_the_pattern_is_a_failure(playbooks: Playbooks) -> None:
    declare(playbooks, hosts="h1")

    run = playbooks.run(DEPLOY, "--limit", "h2", app="shop", longshore_digest=DIGEST)

    assert run.returncode != 0
    assert "No host to deploy shop to" in run.output


def test_a_policy_without_a_tag_or_digest_says_what_to_name(playbooks: Playbooks) -> None:
    declare(playbooks, track={"semver": ">=1.4 <2"})

    run = playbooks.run(DEPLOY, app="shop")

    assert run.returncode != 0
    assert "run longshore deploy shop, or name it here with -e docker_container_tag" in run.output
    assert playbooks.run(DEPLOY, "--check", app="shop", longshore_digest=DIGEST).of("expected")


@pytest.mark.parametrize(
    ("option", "advice"),
    [
        ("state", "the switch starts the container"),
        rare("auto_remove", "set docker_container_keep"),
        rare("docker_url", "set docker_container_socket"),
    ],
)
def test_an_option_that_the_switch_governs_is_refused_with_advice(
    playbooks: Playbooks, option: str, advice: str
) -> None:
    declare(playbooks, container={option: "x"})

    run = playbooks.run(DEPLOY, app="shop", longshore_digest=DIGEST)

    assert run.returncode != 0
    assert advice in run.output


def test_hosts_are_expected_in_the_order_of_the_inventory(playbooks: Playbooks) -> None:
    declare(playbooks, hosts="h3:h1")

    run = playbooks.run(DEPLOY, "--check", app="shop", longshore_digest=DIGEST)

    assert run.of("expected")[0]["hosts"] == ["h1", "h3"]


@pytest.mark.matrix
@pytest.mark.parametrize("name", ["app", "longshore_digest"])
def test_a_template_marked_unsafe_is_text_and_nothing_else(playbooks: Playbooks, name: str) -> None:
    declare(playbooks)
    trap = playbooks.folder / "executed"
    template = f"{{{{ lookup('pipe', 'touch {trap}') }}}}"
    extra = {"app": {"__ansible_unsafe": "shop"}, name: {"__ansible_unsafe": template}}

    run = playbooks.run(DEPLOY, **extra)

    assert run.returncode != 0
    assert not trap.exists()


@pytest.mark.nightly
def test_a_changed_env_file_is_another_container_on_that_host_alone(stand_ins: StandIns) -> None:
    stand_ins.declare(container={"env_file": "/etc/shop.env"})
    stand_ins.answer("h3", "container_preflight", env_file="0123456789abcdef; evil")
    stand_ins.deploy()
    before = {host: each["name"] for host, each in stand_ins.arguments("container_switch").items()}
    stand_ins.answer("h2", "container_preflight", env_file="0123456789abcdef")

    stand_ins.deploy()

    told = stand_ins.arguments("container_switch")
    looked = stand_ins.arguments("container_preflight")
    assert [host for host in before if told[host]["name"] != before[host]] == ["h2"]
    assert len(set(before.values())) == 1
    assert {each["options"]["env_file"] for each in looked.values()} == {"/etc/shop.env"}


@pytest.mark.matrix
def test_an_option_that_is_omitted_inside_of_the_options_is_left_out(stand_ins: StandIns) -> None:
    given = "{{ given | default(omit) }}"
    stand_ins.declare(
        hosts="h1",
        container={
            "memory": given,
            "env": {"A": given, "B": "{{ 'x' | default(omit) }}"},
            "volumes": ["/a:/a", given],
        },
    )

    run = stand_ins.deploy()

    assert run.returncode == 0
    told = stand_ins.arguments("docker_container")["h1"]
    assert "memory" not in told
    assert told["env"] == {"B": "x"}
    assert told["volumes"] == ["/a:/a"]
