# SPDX-License-Identifier: GPL-3.0-or-later
"""What `longshore wait` waits for, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.commands import V1, as_json, begin_run, longshore
from tests.support.installation import Installation
from webhook_bridge.cli import wait
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.domain.outcomes import RunState
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.file_locks import FileLock
from webhook_bridge.state_folder import serving_lock
from webhook_bridge.store import Store, deliveries, releases, runs
from webhook_bridge.store.database import open_store

# A command leaves its connections to the end of its process, which is not the test's end.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def store(installation: Installation) -> Iterator[Store]:
    store = open_store(installation.settings().state_dir)
    yield store
    store.close()


@pytest.fixture
def a_bridge_serves(installation: Installation) -> Iterator[FileLock]:
    with serving_lock(installation.settings().state_dir) as lock:
        assert lock.acquire()
        yield lock


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wait, "_EVERY_S", 0.01)
    monkeypatch.setattr(wait, "_PATIENCE_S", 0.05)


def test_a_run_that_has_ended_gives_its_exit_code(installation: Installation, filled: str) -> None:
    done = longshore("wait", filled[:8], config=installation.file)

    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == f"run {filled[:8]}: deploy of shop: failed: h1: port taken\n"


def test_a_delivery_that_brought_nothing_was_refused(
    installation: Installation, filled: str, store: Store
) -> None:
    with store.read() as connection:
        [delivery] = deliveries.latest(connection, limit=1)

    done = longshore("wait", delivery.id, config=installation.file)

    assert done.returncode == 4
    assert "no_app: no app uses the repository (no app uses it)" in done.stdout


@pytest.mark.parametrize(("state", "code"), [("succeeded", 0), ("partial", 3), ("restored", 1)])
@pytest.mark.usefixtures("a_bridge_serves")
def test_a_delivery_is_waited_for_until_its_rollout_has_ended(
    installation: Installation, store: Store, state: RunState, code: int
) -> None:
    with store.write() as connection:
        delivery = deliveries.add(connection, NewDelivery("ci", "generic", "::1", {}, b"{}", 1.0))
    looks: list[str] = []

    def go_on(seconds: float) -> None:
        """Be the bridge: decide after the first look, run after the second."""
        del seconds
        looks.append("look")
        with store.write() as connection:
            if len(looks) == 1:
                new = NewRelease("shop", "r/acme/shop", "1.4", V1, "delivery", "hook ci", delivery)
                release = releases.desire(connection, new, now=2.0)
                deliveries.decide(
                    connection, delivery, code="released", detail="", now=2.0, releases=[release.id]
                )
            elif len(looks) == 2:
                [release] = releases.latest(connection, "shop", limit=1)
                new_run = NewRun("shop", release.id, release.generation, 1, "deploy")
                runs.start(connection, new_run, now=3.0)
            else:
                [run] = runs.running(connection, "shop")
                runs.finish(connection, run.id, state=state, reason="so", now=4.0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wait.time, "sleep", go_on)
        done = longshore("wait", delivery, config=installation.file)

    assert done.returncode == code
    assert f"shop 1.4: {state}" in done.stdout
    assert [line.partition(": ")[2] for line in done.stderr.splitlines()][:2] == [
        "waits for its verdict",
        "shop 1.4: waits for its rollout",
    ]


def test_what_nobody_works_on_is_not_waited_for(installation: Installation, store: Store) -> None:
    with store.write() as connection:
        delivery = deliveries.add(connection, NewDelivery("ci", "generic", "::1", {}, b"{}", 1.0))

    done = longshore("wait", delivery, config=installation.file)

    assert done.returncode == 1
    assert "no bridge is running, so it does not go on: longshore serve" in done.stderr


@pytest.mark.usefixtures("a_bridge_serves")
def test_a_wait_whose_time_is_over_has_an_exit_code_of_its_own(installation: Installation) -> None:
    run = begin_run(installation)

    done = longshore("wait", run, "--timeout", "1s", config=installation.file)

    assert (done.returncode, done.stdout) == (124, "")
    assert f"after 1 s, it goes on: run {run[:8]}: deploy of shop: running" in done.stderr


def test_programs_read_the_run_or_the_status(
    installation: Installation, filled: str, store: Store
) -> None:
    with store.read() as connection:
        [delivery] = deliveries.latest(connection, limit=1)

    run = as_json("wait", filled, config=installation.file, returncode=1)
    status = as_json("wait", delivery.id, config=installation.file, returncode=4)

    assert (run["id"], run["state"], run["outcomes"][0]["host"]) == (filled, "failed", "h1")
    assert (status["delivery"], status["done"], status["exit_code"]) == (delivery.id, True, 4)


def test_what_there_is_not_is_named(installation: Installation, filled: str) -> None:
    done = longshore("wait", "zz", config=installation.file)
    several = longshore("wait", "", config=installation.file)
    timeout = longshore("wait", filled, "--timeout", "soon", config=installation.file)

    assert (done.returncode, several.returncode, timeout.returncode) == (4, 4, 2)
    assert "no run and no delivery has an id that starts with 'zz'" in done.stderr
    assert "several ids start with ''" in several.stderr
    assert "'soon' must be" in timeout.stderr
