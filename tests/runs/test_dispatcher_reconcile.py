# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at the hosts, and what is run on those that differ."""

from __future__ import annotations

import json
import threading
import time

import pytest

from tests.support.app_rows import change_app
from tests.support.dispatching import V1, V2, Play, Running, report
from tests.support.installation import Installation
from tests.support.waiting import wait_for
from webhook_bridge.domain.hosts import KeptContainer, Observation, SeenContainer
from webhook_bridge.domain.outcomes import RunReport
from webhook_bridge.domain.releases import AppRow, ReleaseState
from webhook_bridge.domain.runs import Work
from webhook_bridge.errors import Refused
from webhook_bridge.operations import reconcile
from webhook_bridge.store import Store, holds, host_states, releases


def look(host: str, digest: str, *, name: str = "shop-1") -> Observation:
    """Return what a host shows that runs this digest; nothing runs where it is empty."""
    shown = SeenContainer(name, f"id-{name}", digest, "running", "healthy")
    return Observation(host, (shown,) if digest else (), "daemon")


def shown(running: Running, *observations: Observation) -> Play:
    """Return runs that succeed, and looks that find this."""

    def play(work: Work, _stop: threading.Event) -> RunReport:
        return (
            RunReport(0, (), (), observations=observations)
            if work.run.kind == "observe"
            else report(work)
        )

    return play


def has_been_looked_at(row: AppRow) -> bool:
    """Say whether the hosts have been looked at since somebody asked for it."""
    return row.observe_at is None or row.observe_at > time.time()


def mend(running: Running) -> None:
    """Ask for a look, and wait until it and what follows from it are done."""
    reconcile.reconcile(running.store, "shop", actor="me", now=time.time())

    def done() -> bool:
        row = running.row()  # once: what one look is about may be over by the next
        return row.owner is None and not row.reconcile_hosts and has_been_looked_at(row)

    wait_for(done, f"the hosts are mended: {running.runs()}")


def test_only_hosts_that_differ_are_brought_up_to_date(running: Running) -> None:
    running.settle_after(V1)
    seen = (look("h1", V1), look("h2", V2), look("new", ""))
    running.play = shown(running, *seen)

    mend(running)

    assert [(run.kind, run.hosts) for run in running.runs()[1:]] == [
        ("observe", ()),
        ("reconcile", ("h2", "new")),
    ]
    assert running.row().pending_hosts == []


def test_a_catch_up_that_waits_is_due_at_once_when_somebody_asks_for_it(running: Running) -> None:
    running.settle_after(V1)
    with running.store.write() as connection:
        later = time.time() + 1000
        change_app(connection, "shop", pending_hosts=["h2"], attempts=5, due_at=later)
    running.play = shown(running, look("h1", V1), look("h2", V1), look("h3", V1))

    mend(running)

    assert [(run.kind, run.hosts) for run in running.runs()[1:]] == [
        ("catch_up", ("h2",)),
        ("observe", ()),
    ]
    assert running.row().pending_hosts == []


def test_a_way_back_that_waits_for_a_host_is_due_at_once_too(running: Running) -> None:
    running.settle_after(V1)
    with running.store.write() as connection:
        kept = {"h2": KeptContainer("c" * 64, V1)}
        later = time.time() + 1000
        change_app(connection, "shop", restore_targets=kept, attempts=5, due_at=later)

    reconcile.reconcile(running.store, "shop", actor="me", now=time.time())

    wait_for(lambda: not running.row().restore_targets, f"the host is back: {running.runs()}")
    assert ("restore", ("h2",)) in [(run.kind, run.hosts) for run in running.runs()]


def test_a_held_release_is_named_as_such(running: Running) -> None:
    running.settle_after(V1)
    with running.store.write() as connection:
        holds.hold(connection, "shop", V1, reason="rolled back", run_id=None, now=1.0)

    with pytest.raises(Refused, match=r"is held \(rolled back\), so it is brought to no more"):
        reconcile.reconcile(running.store, "shop", actor="me", now=time.time())


def test_a_host_that_cannot_be_mended_waits_longer_each_time(running: Running) -> None:
    running.settle_after(V1)
    running.play = lambda work, _stop: (
        RunReport(0, (), (), observations=(look("new", ""),))
        if work.run.kind == "observe"
        else report(work, 4, new="unreachable")
    )
    mend(running)

    with running.store.read() as connection:
        state = host_states.of_app(connection, "shop")["new"]
    assert state.attempts == 1
    assert state.due_at > time.time()


def test_hosts_that_left_the_inventory_are_forgotten(running: Running) -> None:
    running.settle_after(V1)
    running.play = shown(running, look("h1", V1))

    mend(running)

    with running.store.read() as connection:
        assert list(host_states.of_app(connection, "shop")) == ["h1"]


def test_hosts_of_an_app_are_looked_at_as_soon_as_its_entry_changes(running: Running) -> None:
    running.installation.write_app("shop", "other")
    running.settle_after(V1)
    running.desire(V1, app="other")
    running.settle("other")
    running.play = shown(running, look("h1", V1))
    entries = json.loads(running.installation.apps_file.read_text())
    entries["apps"]["shop"]["container"] = {"env": {"LOG_LEVEL": "debug"}}

    running.installation.apps_file.write_text(json.dumps(entries))

    wait_for(lambda: any(w.run.kind == "observe" for w in running.played), "a look")
    looked = [work.run.app for work in running.played if work.run.kind == "observe"]
    assert looked == ["shop"]


def test_hosts_are_looked_at_by_themselves_when_it_is_time(
    installation: Installation, store: Store
) -> None:
    installation.write_settings('[reconcile]\nevery = "0.1s"')
    made = Running(installation, store)
    made.play = shown(made, look("h1", V1))
    made.start()
    made.desire(V1)

    wait_for(lambda: len([w for w in made.played if w.run.kind == "observe"]) > 2, "three looks")

    made.stop()
    kinds = [run.kind for run in made.runs()]
    assert kinds.count("deploy") == 1
    assert kinds.count("observe") == 1, "earlier looks are forgotten"


@pytest.mark.parametrize("state", ["failed", "canceled", "restored"])
def test_a_release_that_did_not_prove_good_is_brought_to_no_more_hosts(
    running: Running, state: ReleaseState
) -> None:
    running.settle_after(V1)
    with running.store.write() as connection:
        release = releases.desired(connection, "shop")
        assert release is not None
        releases.mark(connection, release.id, state)

    with pytest.raises(Refused, match=f"is {state}, so it is brought to no more hosts"):
        reconcile.reconcile(running.store, "shop", actor="me", now=time.time())


def test_while_a_rollout_is_active_nothing_is_reconciled(running: Running) -> None:
    go_on = threading.Event()
    running.play = lambda work, _stop: (go_on.wait(60), report(work))[1]
    running.desire(V1)
    wait_for(lambda: running.played, "the rollout")

    with pytest.raises(Refused, match="is active; wait for it"):
        reconcile.reconcile(running.store, "shop", actor="me", now=time.time())

    go_on.set()
    running.settle()
    assert [run.kind for run in running.runs()] == ["deploy"]
