# SPDX-License-Identifier: GPL-3.0-or-later
"""A switch on a host that has no room to start a container, on a daemon in memory."""

from dataclasses import dataclass

from ansible_collections.longshore.containers.plugins.module_utils._container import Container
from ansible_collections.longshore.containers.plugins.module_utils._disk_room import (
    ROOM_TO_START_BYTES,
    starting_problem,
)
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import DockerError

from tests.collection.fake_engine import FakeEngine
from tests.collection.switches import deployed, name


@dataclass
class FilledEngine(FakeEngine):
    """The disk is full as long as the container of this digest is there and has run."""

    filled_by: str = ""

    def start(self, container: Container) -> None:
        if any(one.digest == self.filled_by and one.was_started for one in self.known.values()):
            raise DockerError("write /containers/hash: no space left on device", 500)
        super().start(container)


def test_little_room_is_a_problem_and_unknown_room_is_none() -> None:
    assert starting_problem(None) == ""
    assert starting_problem(ROOM_TO_START_BYTES) == ""
    assert "free disk space on this host" in starting_problem(ROOM_TO_START_BYTES - 1)


def test_without_room_to_start_nothing_is_stopped() -> None:
    engine = FakeEngine()
    deployed(engine, 1)
    engine.free = ROOM_TO_START_BYTES - 1
    before = list(engine.done)

    report = deployed(engine, 2)

    assert (report.outcome, report.changed) == ("failed", False)
    assert "nothing was stopped" in report.reason
    assert engine.done == before
    assert engine.names(running=True) == [name(1)]


def test_a_host_on_which_nothing_serves_may_try_with_little_room() -> None:
    engine = FakeEngine(free=0)

    assert deployed(engine, 1).outcome == "updated"


def test_a_version_that_fills_the_disk_is_removed_so_that_the_old_one_can_start() -> None:
    engine = FilledEngine()
    deployed(engine, 1)
    engine.filled_by = f"sha256:{2:064x}"
    engine.broken = {engine.filled_by}

    report = deployed(engine, 2)

    assert report.outcome == "restored"
    assert "it was removed, because the disk is full" in report.reason
    assert report.log == (f"last words of {name(2)}-trial",)
    assert engine.names(running=True) == [name(1)]
