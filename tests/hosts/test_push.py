# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job: the registry's own notification brings a pushed image to every host."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet import images
from fleet.bridge import Bridge, app
from fleet.fleet import Fleet
from fleet.observe import every_host_runs, running, running_digests, served
from fleet.waiting import wait_for

pytestmark = pytest.mark.fleet


CANARY = {"serial": [1, "100%"]}


@pytest.fixture
def bridge(fleet: Fleet, tmp_path: Path) -> Iterator[Bridge]:
    bridge = Bridge(tmp_path, fleet)
    bridge.start()
    bridge.notify()
    yield bridge
    bridge.kill()


def push(fleet: Fleet, version: str, repository: str = "acme/shop") -> str:
    return fleet.registry.push(repository, "latest", images.healthy(version))


@pytest.mark.matrix
def test_first_push_and_update_reach_every_host(bridge: Bridge, fleet: Fleet) -> None:
    bridge.declare(shop=app(fleet, rollout=CANARY))
    first = push(fleet, "1")
    bridge.wait_until_settled(first)
    old = {host.name: running(host)[0]["Id"] for host in fleet.hosts}
    assert every_host_runs(fleet, first)

    second = push(fleet, "2")
    settled = bridge.wait_until_settled(second)

    assert settled["state"] == "succeeded"
    assert every_host_runs(fleet, second)
    assert [served(host) for host in fleet.hosts] == ["version 2"] * len(fleet.hosts)
    for host in fleet.hosts:
        kept = [one for one in host.containers("shop") if one["Id"] == old[host.name]]
        assert [one["State"]["Running"] for one in kept] == [False]
    assert {one["outcome"] for one in settled["outcomes"]} == {"updated"}


@pytest.mark.nightly
def test_an_index_of_several_manifests_is_deployed_by_its_own_digest(
    bridge: Bridge, fleet: Fleet
) -> None:
    digest = fleet.registry.push("acme/shop", "latest", images.healthy("1"), as_index=True)

    settled = bridge.wait_until_settled(digest)

    assert settled["state"] == "succeeded"
    assert every_host_runs(fleet, digest)


def test_burst_of_20_pushes_needs_two_runs_and_the_newest_wins(
    bridge: Bridge, fleet: Fleet
) -> None:
    digests = [push(fleet, str(number)) for number in range(20)]

    settled = bridge.wait_until_settled(digests[-1])

    assert settled["state"] == "succeeded"
    assert every_host_runs(fleet, digests[-1])
    assert len(bridge.runs()) <= 2


@pytest.mark.nightly
def test_pushing_the_same_again_runs_nothing(bridge: Bridge, fleet: Fleet) -> None:
    digest = push(fleet, "1")
    bridge.wait_until_settled(digest)
    ids = [running(host)[0]["Id"] for host in fleet.hosts]

    push(fleet, "1")
    wait_for(lambda: _verdicts(bridge).count("unchanged"), "the verdict unchanged")

    assert len(bridge.runs()) == 1
    assert [running(host)[0]["Id"] for host in fleet.hosts] == ids


def test_unhealthy_version_is_put_back_and_not_tried_again(bridge: Bridge, fleet: Fleet) -> None:
    bridge.declare(shop=app(fleet, rollout=CANARY))
    good = push(fleet, "1")
    bridge.wait_until_settled(good)
    old = [running(host)[0]["Id"] for host in fleet.hosts]

    bad = fleet.registry.push("acme/shop", "latest", images.exits_at_once("2"))
    settled = bridge.wait_until_settled(bad)

    assert settled["state"] == "restored"
    assert [running(host)[0]["Id"] for host in fleet.hosts] == old
    assert [served(host) for host in fleet.hosts] == ["version 1"] * len(fleet.hosts)
    run = bridge.get(f"runs/{settled['last_run']['id']}")
    words = [one["outcome"] for one in run["outcomes"]]
    assert words == ["restored"] + ["skipped"] * (len(fleet.hosts) - 1)
    assert any("its configuration is broken" in line for line in run["outcomes"][0]["log"])

    fleet.registry.push("acme/shop", "latest", images.exits_at_once("2"))
    wait_for(lambda: "held" in _verdicts(bridge), "the verdict held")

    assert bridge.app()["held"] == {bad: "put back"}
    assert len(bridge.runs()) == 2
    assert every_host_runs(fleet, good)


def test_hosts_switched_before_a_bad_host_return_to_their_very_containers(
    bridge: Bridge, fleet: Fleet
) -> None:
    good = push(fleet, "1")
    bridge.wait_until_settled(good)
    old = [running(host)[0]["Id"] for host in fleet.hosts]
    # The second host alone cannot start what is new: its container has a user that is not there.
    lame = fleet.hosts[1].name
    user = "{{ 'nobody-here' if inventory_hostname == '" + lame + "' else '0:0' }}"
    bridge.declare(
        shop=app(
            fleet,
            container={"published_ports": ["80:8080"], "user": user},
            rollout=CANARY,
        )
    )

    bad = push(fleet, "2")
    wait_for(lambda: "restored" in _states(bridge), "a host that was put back", seconds=90)
    settled = wait_for(lambda: _restored(bridge), "the end of the way back", seconds=90)

    assert settled["release"]["digest"] == good
    # The options have changed: a new container of the old digest would be another one.
    assert [running(host)[0]["Id"] for host in fleet.hosts] == old
    assert _states(bridge) == ["succeeded", "restored", "succeeded"]
    # The options of that host were to blame, and not the image.
    assert bad not in bridge.app()["held"]


def test_host_that_was_away_is_caught_up_when_it_returns(bridge: Bridge, fleet: Fleet) -> None:
    first = push(fleet, "1")
    bridge.wait_until_settled(first)
    away = fleet.hosts[0]
    away.stop_sshd()

    second = push(fleet, "2")
    settled = bridge.wait_until_settled(second)

    assert settled["state"] == "partial"
    assert settled["pending_hosts"] == [away.name]
    assert running_digests(away) == [first]
    assert [running_digests(host) for host in fleet.hosts[1:]] == [[second]] * (
        len(fleet.hosts) - 1
    )

    away.start_sshd()
    wait_for(lambda: every_host_runs(fleet, second), "the host that returned", seconds=90)
    caught_up = wait_for(lambda: _not_pending(bridge), "nothing pending", seconds=60)
    assert caught_up["state"] == "succeeded"


@pytest.mark.nightly
def test_wrong_architecture_touches_no_host(bridge: Bridge, fleet: Fleet) -> None:
    good = push(fleet, "1")
    bridge.wait_until_settled(good)
    before = [[one["Id"] for one in host.containers()] for host in fleet.hosts]

    wrong = fleet.registry.push("acme/shop", "latest", images.other_architecture("2"))
    settled = bridge.wait_until_settled(wrong)

    assert settled["state"] == "failed"
    assert "processor" in settled["last_run"]["reason"]
    assert [[one["Id"] for one in host.containers()] for host in fleet.hosts] == before
    assert every_host_runs(fleet, good)


@pytest.mark.nightly
def test_registry_that_is_down_is_asked_again(bridge: Bridge, fleet: Fleet) -> None:
    digest = push(fleet, "1")
    bridge.wait_until_settled(digest)
    newer = push(fleet, "2")
    fleet.registry.stop()

    refused = bridge.command("deploy", "shop")
    fleet.registry.start()
    settled = bridge.wait_until_settled(newer)

    assert refused.returncode == 4
    assert fleet.registry.address in refused.stderr
    assert settled["state"] == "succeeded"


def test_rollback_starts_the_kept_container_and_holds_the_digest(
    bridge: Bridge, fleet: Fleet
) -> None:
    first = push(fleet, "1")
    bridge.wait_until_settled(first)
    old = [running(host)[0]["Id"] for host in fleet.hosts]
    second = push(fleet, "2")
    bridge.wait_until_settled(second)

    done = bridge.command("rollback", "shop")

    assert done.returncode == 0, done.stderr
    assert [running(host)[0]["Id"] for host in fleet.hosts] == old
    assert bridge.app()["held"] == {second: "rolled back"}

    push(fleet, "2")
    wait_for(lambda: "held" in _verdicts(bridge), "the verdict held")
    assert every_host_runs(fleet, first)


@pytest.mark.nightly
def test_explicit_deploy_brings_a_held_digest_again(bridge: Bridge, fleet: Fleet) -> None:
    first, second = push(fleet, "1"), push(fleet, "2")
    bridge.wait_until_settled(second)
    assert bridge.command("deploy", "shop", "--digest", first).returncode == 0
    assert bridge.command("rollback", "shop").returncode == 0

    done = bridge.command("deploy", "shop", "--digest", first)

    assert done.returncode == 0, done.stderr
    assert every_host_runs(fleet, first)
    assert bridge.app()["held"] == {second: "replaced by hand"}


def _verdicts(bridge: Bridge) -> list[str]:
    return [str(one["verdict"]) for one in bridge.get("deliveries")["deliveries"]]


def _states(bridge: Bridge) -> list[str]:
    return [str(run["state"]) for run in bridge.runs()]


def _restored(bridge: Bridge) -> dict[str, object] | None:
    seen = bridge.app()
    kind = seen["last_run"]["kind"]
    return seen if kind == "restore" and seen["state"] != "running" else None


def _not_pending(bridge: Bridge) -> dict[str, object] | None:
    seen = bridge.app()
    return seen if not seen["pending_hosts"] and seen["state"] == "succeeded" else None
