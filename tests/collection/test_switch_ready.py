# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing is stopped for a container that is not what it shall be, or that cannot be started."""

from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.module_utils._container_networks import (
    network_gaps,
)
from ansible_collections.longshore.containers.plugins.module_utils._half_made_container import (
    clear_away,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_run import (
    predict,
    switch,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._made_container import (
    made_container,
)

from tests.collection.fake_engine import FakeEngine
from tests.collection.switches import name, order, serving

FRONT: dict[str, Any] = {"Aliases": ["web", "0123456789ab"], "IPAMConfig": {}, "MacAddress": ""}
ASKED = [{"name": "front", "aliases": ["web"]}, {"name": "back"}]
GONE = "network_mode names the container vpn, which is not on this host"


@pytest.mark.parametrize(
    ("asked", "found", "said"),
    [
        ({"name": "front"}, None, "it is not in the network front"),
        ({"name": "front", "aliases": ["web"]}, FRONT, ""),
        ({"name": "front", "aliases": ["api"]}, FRONT, "it has no alias api in the network front"),
        ({"name": "front", "aliases": "web,api"}, FRONT, "it has no alias api"),
        ({"name": "front", "links": ["db"]}, {"Links": ["db:db"]}, ""),
        ({"name": "front", "links": ["db:x"]}, FRONT, "it has no link db:x in the network front"),
        ({"name": "front", "ipv4_address": "10.0.0.9"}, FRONT, "is not fixed and not 10.0.0.9"),
        (
            {"name": "front", "ipv4_address": "10.0.0.9"},
            {"IPAMConfig": {"IPv4Address": "10.0.0.8"}},
            "its address in the network front is 10.0.0.8 and not 10.0.0.9",
        ),
        (
            {"name": "front", "ipv6_address": "fd00::0009"},
            {"IPAMConfig": {"IPv6Address": "fd00::9"}},
            "",
        ),
        ({"name": "front", "mac_address": "02-42-AC-00-00-09"}, FRONT, ""),
        (
            {"name": "front", "mac_address": "02-42-AC-00-00-09"},
            {"MacAddress": "02:42:ac:00:00:09"},
            "",
        ),
        (
            {"name": "front", "mac_address": "02-42-AC-00-00-09"},
            {"MacAddress": "02:42:ac:00:00:08"},
            "its address in the network front is 02:42:ac:00:00:08",
        ),
    ],
)
def test_each_part_of_a_network_is_compared(
    asked: dict[str, Any], found: dict[str, Any] | None, said: str
) -> None:
    gaps = network_gaps({"networks": [asked]}, {} if found is None else {"front": found})

    assert len(gaps) == bool(said)
    assert said in "".join(gaps)


def test_a_container_is_read_the_same_from_the_daemon_and_from_what_was_read() -> None:
    fixed = {"IPAMConfig": {"IPv4Address": "10.0.0.9"}, "Links": None}
    told = {"NetworkSettings": {"Networks": {"front": {**FRONT, **fixed}, "back": None}}}

    read = made_container(told)

    assert made_container(read) == read
    assert network_gaps({"networks": ASKED}, read["networks"]) == []
    assert made_container("forged") == made_container({"networks": 5}) == {"networks": {}}


@pytest.mark.parametrize("is_running", [False, True], ids=["staged", "runs"])
def test_a_container_without_one_of_its_networks_is_no_success(*, is_running: bool) -> None:
    engine = serving(1)
    engine.create(2)
    number = 1 if is_running else 2
    (target,) = (one for one in engine.known.values() if one.name == name(number))
    engine.known[target.id] = target._replace(networks={"front": FRONT})
    engine.done.clear()

    report = switch(engine, order(number, networks=tuple(ASKED)))

    assert (report.outcome, report.changed, report.staged) == ("failed", False, False)
    assert "it is not in the network back" in report.reason
    assert engine.done == []
    assert predict(engine, order(number, networks=tuple(ASKED))).outcome == "updated"


def test_a_container_that_is_gone_can_be_staged_again() -> None:
    report = switch(serving(1), order(2))

    assert (report.outcome, report.changed, report.staged) == ("failed", False, False)


def test_a_container_that_is_whole_is_switched_to() -> None:
    engine = serving(1)
    engine.create(2, networks={"front": FRONT, "back": {}})

    report = switch(engine, order(2, networks=tuple(ASKED)))

    assert (report.outcome, report.staged) == ("updated", True)


def test_a_container_whose_partner_is_gone_is_staged_again() -> None:
    engine = serving(1)
    engine.create(2)
    engine.parted[name(2)] = [GONE]

    report = switch(engine, order(2))

    assert (report.outcome, report.changed, report.staged) == ("failed", False, False)
    assert GONE in report.reason


def test_nothing_is_stopped_for_a_container_that_cannot_start() -> None:
    engine = serving(1)
    engine.create(2)
    engine.unstartable[name(2)] = ["there is no device /dev/gone"]
    engine.done.clear()

    report = switch(engine, order(2))

    assert (report.outcome, report.changed, report.staged) == ("failed", False, True)
    assert "there is no device /dev/gone" in report.reason
    assert (engine.done, engine.names(running=True)) == ([], [name(1)])


def test_a_container_that_could_not_come_back_is_not_stopped() -> None:
    engine = serving(1)
    engine.create(2)
    engine.unstartable[name(1)] = ["there is no device /dev/gone"]
    engine.done.clear()

    report = switch(engine, order(2))

    assert (report.outcome, report.changed) == ("failed", False)
    assert f"{name(1)}, which runs, could not be started again" in report.reason
    assert f"docker stop {name(1)}" in report.reason
    assert (engine.done, engine.names(running=True)) == ([], [name(1)])


@pytest.mark.parametrize(
    ("lost", "new", "goes_on"),
    [
        ("network_mode", set(), True),
        ("network_mode", {"network_mode"}, True),
        ("ipc_mode", set(), True),
        ("pid_mode", {"ipc_mode"}, True),
        ("ipc_mode", {"ipc_mode"}, False),
    ],
)
def test_a_container_whose_partner_is_gone_blocks_no_release_that_does_without(
    *, lost: str, new: set[str], goes_on: bool
) -> None:
    engine = serving(1)
    engine.create(2)
    engine.unstartable[name(1)] = [GONE]
    engine.lost[name(1)], engine.shared[name(2)] = {lost}, new

    report = switch(engine, order(2))

    assert report.outcome == ("updated" if goes_on else "failed")
    assert (f"{name(1)} could not be put back" in report.reason) is goes_on
    assert (f". Stop it yourself (docker stop {name(1)} on this host)" in report.reason) is (
        not goes_on
    )


def test_a_container_that_was_stopped_by_hand_need_not_come_back() -> None:
    engine = serving(1)
    engine.create(2)
    engine.unstartable[name(1)] = ["there is no device /dev/gone"]
    (old,) = (one for one in engine.known.values() if one.name == name(1))
    engine.stop(old)

    assert switch(engine, order(2)).outcome == "updated"


def test_a_container_that_is_stopped_last_need_not_come_back() -> None:
    engine = serving(1)
    engine.create(2)
    engine.unstartable[name(1)] = ["there is no device /dev/gone"]

    assert switch(engine, order(2, strategy="start_first")).outcome == "updated"


def test_what_was_made_in_part_is_away_and_what_runs_goes_aside() -> None:
    engine = serving(1)
    staged = engine.create(2, networks={"front": FRONT})
    whole = engine.create(3, networks={"front": FRONT, "back": {}})
    stranger = engine.create(4, image="")

    cleared = {n: clear_away(engine, _wanted(n)) for n in (1, 2, 3, 4, 5)}

    assert cleared == {1: True, 2: True, 3: False, 4: False, 5: False}
    assert staged.id not in engine.known
    assert {whole.id, stranger.id} <= engine.known.keys()
    (old,) = (one for one in engine.known.values() if one.running)
    assert old.name == f"shop-{old.id[:12]}"


def test_what_runs_has_its_name_again_where_the_one_in_its_place_cannot_start() -> None:
    engine = serving(1)
    (old,) = engine.known.values()
    engine.known = {"a" * 64: old._replace(id="a" * 64)}
    engine.parted[name(1)] = [GONE]
    assert clear_away(engine, _wanted(1))
    engine.parted.clear()
    staged = engine.create(1)
    engine.unstartable[name(1)] = ["there is no device /dev/gone"]

    report = switch(engine, order(1))

    assert report.outcome == "failed"
    assert staged.id not in engine.known
    assert engine.names(running=True) == [name(1)]
    assert report.running is not None
    assert report.running.name == name(1)


def test_what_was_made_in_part_stays_in_check_mode() -> None:
    engine = FakeEngine()
    staged = engine.create(2, networks={"front": FRONT})

    assert clear_away(engine, _wanted(2), dry=True)
    assert staged.id in engine.known


def _wanted(number: int) -> dict[str, Any]:
    return {"name": name(number), "networks": ASKED}
