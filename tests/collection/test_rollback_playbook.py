# SPDX-License-Identifier: GPL-3.0-or-later
"""Going back by hand, and the bridge's restore of hosts that were switched."""

import re
from typing import Any

import pytest

from tests.collection.stand_ins import DIGEST, StandIns
from tests.collection.status_rows import EVIL, V0, V1, V2, labelled, row, runs


def keep(stand_ins: StandIns, host: str, *rows: Any) -> None:
    stand_ins.answer(host, "container_status", containers=list(rows), daemon=f"daemon-{host}")


@pytest.mark.matrix
def test_each_host_starts_what_it_keeps_and_another_stages_the_digest(stand_ins: StandIns) -> None:
    for host in ("h1", "h2"):
        keep(stand_ins, host, runs(V2, made=20), {**row(V1, made=10), "id": f"{host}-kept"})
        stand_ins.answer(host, "container_preflight", kept=True)
    keep(stand_ins, "h3", runs(V2, made=20))
    stand_ins.lose("h4")

    run = stand_ins.run("rollback")

    assert run.of("expected")[0]["digest"] == V1
    assert stand_ins.asked("docker_container") == ["h3"]
    told = stand_ins.arguments("container_switch")
    assert {host: each.get("restore_container") for host, each in told.items()} == {
        "h1": "h1-kept",
        "h2": "h2-kept",
        "h3": None,
    }
    assert {each["digest"] for each in told.values()} == {V1}
    assert {each["host"]: each["outcome"] for each in run.of("outcome")}["h4"] == "unreachable"


def test_nothing_to_go_back_to_is_refused_before_anything_is_changed(stand_ins: StandIns) -> None:
    for host in ("h1", "h2", "h3", "h4"):
        keep(stand_ins, host, runs(V2, made=20))

    run = stand_ins.run("rollback")

    assert run.returncode != 0
    assert "nothing to go back to" in run.of("error")[0]["message"]
    assert stand_ins.asked("container_preflight") == stand_ins.asked("container_switch") == []


def test_a_host_that_lies_about_what_runs_has_no_other_switched(stand_ins: StandIns) -> None:
    for host in ("h1", "h2", "h3"):
        keep(stand_ins, host, runs(V1, made=10), row(V0, made=5))
    started = "2099-01-01T00:00:00Z"
    keep(stand_ins, "h4", {**runs(EVIL, made=30), "started_at": started}, row(V2, made=20))

    run = stand_ins.run("rollback")

    assert run.returncode != 0
    said = run.of("error")[0]["message"]
    assert f"h1, h2, h3: {V1}, before it {V0}; h4: {EVIL}, with times that cannot be true" in said
    assert "-e longshore_digest=sha256:" in said
    assert stand_ins.asked("container_preflight") == stand_ins.asked("container_switch") == []


@pytest.mark.nightly
def test_a_host_that_says_it_failed_counts_as_one_that_did_not_answer(
    stand_ins: StandIns,
) -> None:
    keep(stand_ins, "h1", runs(V2, made=20), row(V1, made=10))
    for host in ("h2", "h3", "h4"):
        rows = [runs(EVIL, made=30), row(V0, made=5)]
        stand_ins.answer(host, "container_status", failed=True, msg="no", containers=rows)

    run = stand_ins.run("rollback")

    assert "h2, h3, h4 did not say what they keep" in run.of("error")[0]["message"]


def test_a_restore_brings_back_each_host_that_can_whatever_the_others_do(
    stand_ins: StandIns,
) -> None:
    stand_ins.declare(rollout={"serial": 1, "pause": "1h"})
    back = {host: {"container": f"{host}-kept", "digest": V1} for host in ("h1", "h2", "h3")}
    stand_ins.answer("h1", "container_preflight", failed=True, problems=["Docker is away"])
    stand_ins.answer("h2", "container_preflight", kept=True)
    stand_ins.answer("h3", "container_preflight", kept=False)
    stand_ins.break_switch("h2")
    hosts = ["h1", "h2", "h3", "h4"]

    run = stand_ins.deploy(longshore_restore=back, longshore_hosts=hosts, longshore_digest=V2)

    told = stand_ins.arguments("container_switch")
    assert {
        host: (each.get("restore_container"), each["digest"]) for host, each in told.items()
    } == {
        "h2": ("h2-kept", V1),
        "h3": (None, V1),
        "h4": (None, V2),
    }
    assert run.of("stopped") == []


def labels_of(stand_ins: StandIns) -> dict[str, Any]:
    """Return by host when the release of its new container was made, and what that replaces."""
    staged = stand_ins.arguments("docker_container")
    names = ("longshore.released_at", "longshore.replaces")
    return {host: tuple(each["labels"][name] for name in names) for host, each in staged.items()}


def test_all_hosts_are_told_the_same_order_of_releases_and_each_what_it_replaces(
    stand_ins: StandIns,
) -> None:
    stand_ins.answer("h1", "container_preflight", replaces=V1)
    stand_ins.answer("h2", "container_preflight", replaces=V0)
    stand_ins.answer("h3", "container_preflight", replaces="{{ evil }}")

    stand_ins.deploy()
    by_hand = labels_of(stand_ins)
    known = {DIGEST: "2024-11-28T12:10:00.25Z"}
    stand_ins.deploy(longshore_released_at=known, longshore_hosts=["h1", "h2"])
    by_bridge = labels_of(stand_ins)

    released_at = by_hand["h1"][0]
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", released_at)
    replaced = {"h1": V1, "h2": V0, "h3": "", "h4": ""}
    assert by_hand == {host: (released_at, each) for host, each in replaced.items()}
    assert {each for each, _replaced in by_bridge.values()} == {"2024-11-28T12:10:00.25Z"}


@pytest.mark.nightly
def test_a_container_made_anew_for_going_back_is_as_old_as_its_release(
    stand_ins: StandIns,
) -> None:
    on_v2 = labelled(runs(V2, made=20), released=20, replaces=V1)
    kept = labelled(row(V1, made=10), released=10)
    for host in ("h1", "h2", "h3"):
        keep(stand_ins, host, on_v2, {**kept, "id": f"{host}-kept"})
        stand_ins.answer(host, "container_preflight", kept=True)
    keep(stand_ins, "h4", on_v2, labelled(row(EVIL, made=11), released=1))
    stand_ins.answer("h4", "container_preflight", kept=False, replaces=V2)

    stand_ins.run("rollback")

    assert labels_of(stand_ins) == {"h4": ("2024-11-28T12:10:00.250000Z", "")}


@pytest.mark.nightly
def test_a_restored_host_is_told_when_that_release_was_made(stand_ins: StandIns) -> None:
    back = {"h1": {"container": "gone", "digest": V1}}
    stand_ins.answer("h1", "container_preflight", kept=False, replaces=V2)
    stand_ins.answer("h2", "container_preflight", replaces=V1)
    times = {V1: "2024-11-28T12:10:00Z", V2: "2024-11-28T12:20:00Z"}

    stand_ins.deploy(
        longshore_restore=back,
        longshore_hosts=["h1", "h2"],
        longshore_digest=V2,
        longshore_released_at=times,
    )

    assert labels_of(stand_ins) == {"h1": (times[V1], ""), "h2": (times[V2], V1)}
