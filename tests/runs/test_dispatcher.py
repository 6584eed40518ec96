# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import itertools
import json
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.support.app_rows import change_app
from tests.support.installation import Installation
from tests.support.waiting import wait_for
from webhook_bridge.config.apps import load_apps
from webhook_bridge.config.apps_reloader import AppsFile
from webhook_bridge.config.settings import Settings
from webhook_bridge.domain.hosts import KeptContainer, Observation, SeenContainer
from webhook_bridge.domain.outcomes import Outcome, OutcomeWord, RunReport, Stopped
from webhook_bridge.domain.releases import AppRow, NewRelease, ReleaseState
from webhook_bridge.domain.runs import Run, Work
from webhook_bridge.errors import Refused
from webhook_bridge.operations import reconcile
from webhook_bridge.operations.cancel import cancel
from webhook_bridge.operations.rollback import rollback
from webhook_bridge.runs import dispatcher, leases
from webhook_bridge.runs.dispatcher import Dispatcher
from webhook_bridge.store import Store, host_states, releases, runs

V1, V2, V3 = (f"sha256:{digit * 64}" for digit in "123")
HOSTS = ("h1", "h2", "h3")
Play = Callable[[Work, threading.Event], RunReport]


def report(work: Work, code: int | None = 0, **words: OutcomeWord) -> RunReport:
    """Return what a run of these hosts reports; the hosts that are not named were updated."""
    hosts = work.run.hosts or HOSTS
    told = {host: words.get(host, "updated") for host in hosts}
    outcomes = [
        Outcome(
            h,
            word,
            "switch",
            word,
            work.release.digest,
            health="exited" if word == "restored" else None,
            previous=KeptContainer(f"of-{h}", V1),
        )
        for h, word in told.items()
    ]
    return RunReport(code, hosts, tuple(outcomes))


def all_well(work: Work, _stop: threading.Event) -> RunReport:
    return report(work)


class CountingApps(AppsFile):
    """An apps file that counts how often the dispatcher asked for it, once a round."""

    rounds = 0

    def is_right(self) -> bool:
        self.rounds += 1
        return super().is_right()


class Running:
    """A dispatcher whose runs are a test's function, and what it ran."""

    def __init__(self, installation: Installation, store: Store) -> None:
        self.installation = installation
        self.store = store
        self.play: Play = all_well
        self.why_stop: Callable[[], str | None] = lambda: None
        self.heard: Callable[[Sequence[Outcome]], None] = lambda _outcomes: None
        self.played: list[Work] = []
        self.at_once: dict[str, int] = {}
        self.most_at_once = 0
        self.dispatcher: Dispatcher | None = None
        self.apps = CountingApps(installation.apps_file)

    def start(self) -> None:
        self.apps = CountingApps(self.installation.apps_file)
        settings = self.installation.settings()
        self.dispatcher = Dispatcher(
            settings, self.store, self.apps, run=self._execute, poll_interval_s=0.02
        )
        self.dispatcher.start()

    def stop(self, *, drain: float = 5) -> None:
        if self.dispatcher is not None:
            self.dispatcher.stop(drain=drain)
            self.dispatcher = None

    def _execute(
        self,
        _settings: Settings,
        work: Work,
        *,
        stop: threading.Event,
        why_stop: Callable[[], str | None],
        heard: Callable[[Sequence[Outcome]], None],
    ) -> RunReport:
        app = work.run.app
        self.why_stop = why_stop
        self.heard = heard
        self.played.append(work)
        self.at_once[app] = self.at_once.get(app, 0) + 1
        self.most_at_once = max(self.most_at_once, *self.at_once.values())
        try:
            return self.play(work, stop)
        finally:
            self.at_once[app] -= 1

    def desire(self, digest: str, *, app: str = "shop") -> None:
        new = NewRelease(app, "r/acme/shop", "latest", digest, "delivery", "hook mine")
        with self.store.write() as connection:
            releases.desire(connection, new, now=time.time())
        if self.dispatcher is not None:
            self.dispatcher.wake()

    def row(self, app: str = "shop") -> AppRow:
        with self.store.write() as connection:
            return releases.app_row(connection, app)

    def runs(self) -> list[Run]:
        """Return all runs, the first one first."""
        with self.store.read() as connection:
            return runs.latest(connection, app=None, limit=99)[::-1]

    def states(self) -> list[str]:
        return [run.state for run in self.runs()]

    def desired(self) -> str:
        with self.store.write() as connection:
            release = releases.desired(connection, "shop")
        assert release is not None
        return release.digest

    def held(self) -> dict[str, str]:
        with self.store.read() as connection:
            return releases.held_digests(connection, "shop")

    def wait_for_rounds(self, count: int) -> None:
        """Wait until the dispatcher has looked for work so often from now on."""
        wanted = self.apps.rounds + count
        wait_for(lambda: self.apps.rounds >= wanted, f"{count} rounds of the dispatcher")

    def settle(self, app: str = "shop") -> None:
        """Wait until nothing is left to do for an app."""

        def done() -> bool:
            row = self.row(app)
            applied = row.generation == row.applied_generation
            return (
                applied and row.owner is None and not row.pending_hosts and not row.restore_targets
            )

        wait_for(done, f"nothing is left to do: {self.runs()}")

    def settle_after(self, digest: str) -> None:
        self.desire(digest)
        self.settle()


@pytest.fixture
def running(
    installation: Installation, store: Store, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Running]:
    installation.write_settings('catch_up_every = "0.1s"\ncatch_up_at_most_every = "0.2s"')
    made = Running(installation, store)
    made.start()
    yield made
    made.stop(drain=0)


def test_a_wish_is_run_and_its_outcomes_are_stored(running: Running) -> None:
    running.settle_after(V1)

    [run] = running.runs()
    assert (run.state, run.kind, run.hosts) == ("succeeded", "deploy", ())
    with running.store.read() as connection:
        assert [one.host for one in runs.outcomes(connection, run.id)] == list(HOSTS)


def test_a_wish_that_another_process_stored_is_found_without_being_woken(
    running: Running,
) -> None:
    dispatcher, running.dispatcher = running.dispatcher, None
    running.desire(V1)
    running.dispatcher = dispatcher

    running.settle()

    assert running.states() == ["succeeded"]


def test_twenty_pushes_during_a_run_are_one_more_run_and_the_newest_wins(
    running: Running,
) -> None:
    release_it = threading.Event()
    running.play = lambda work, _stop: (release_it.wait(10), report(work))[1]
    digests = [f"sha256:{number:064x}" for number in range(20)]
    running.desire(digests[0])
    wait_for(lambda: running.played, "the first run")
    for digest in digests[1:]:
        running.desire(digest)

    release_it.set()
    running.settle()

    assert [work.release.digest for work in running.played] == [digests[0], digests[-1]]
    assert running.most_at_once == 1


def test_two_apps_run_side_by_side(running: Running) -> None:
    running.installation.write_app("shop", "other")
    together = threading.Barrier(2, timeout=10)
    running.play = lambda work, _stop: (together.wait(), report(work))[1]

    running.desire(V1)
    running.desire(V1, app="other")

    running.settle()
    running.settle("other")


def test_no_more_apps_run_at_once_than_the_settings_say(running: Running) -> None:
    names = [f"app{number}" for number in range(5)]
    running.installation.write_app(*names)
    go_on = threading.Event()
    running.play = lambda work, _stop: (go_on.wait(10), report(work))[1]
    for name in names:
        running.desire(V1, app=name)
    wait_for(lambda: len(running.played) == 2, "two runs")

    assert len(running.runs()) == 2
    go_on.set()
    for name in names:
        running.settle(name)


def test_hosts_that_were_away_are_caught_up_alone_with_growing_waits(running: Running) -> None:
    def away_three_times(work: Work, _stop: threading.Event) -> RunReport:
        return report(work, 4, h2="unreachable") if len(running.played) < 4 else report(work)

    running.play = away_three_times
    running.settle_after(V1)

    assert running.states() == ["partial", "failed", "failed", "succeeded"]
    assert [run.hosts for run in running.runs()] == [(), ("h2",), ("h2",), ("h2",)]
    starts = [run.started_at for run in running.runs()]
    waits = [after - before for before, after in itertools.pairwise(starts)]
    assert waits[0] >= 0.1
    assert waits[1] >= 0.2


def found_only(host: str, work: Work) -> RunReport:
    """Return what a run reports that found one of its hosts, and not the others."""
    (outcome,) = (one for one in report(work).outcomes if one.host == host)
    return RunReport(0, (host,), (outcome,))


def test_a_host_that_the_inventory_lost_keeps_no_other_from_being_caught_up(
    running: Running,
) -> None:
    running.play = lambda work, _stop: (
        report(work, 4, h2="unreachable", h3="unreachable")
        if work.run.kind == "deploy"
        else found_only("h3", work)
    )

    running.settle_after(V1)

    assert running.states() == ["partial", "succeeded"]
    assert running.runs()[-1].hosts == ("h2", "h3")
    assert running.runs()[-1].reason.endswith("no more for this app: h2")


def test_a_host_that_the_inventory_lost_keeps_no_other_from_going_back(running: Running) -> None:
    running.settle_after(V1)
    running.play = lambda work, _stop: (
        report(work, 2, h3="restored") if work.run.kind == "deploy" else found_only("h2", work)
    )

    running.settle_after(V2)

    assert running.states() == ["succeeded", "restored", "succeeded"]
    assert running.runs()[-1].hosts == ("h1", "h2")


def test_a_catch_up_ends_where_the_inventory_lost_all_its_hosts(running: Running) -> None:
    def play(work: Work, _stop: threading.Event) -> RunReport:
        if work.run.kind == "deploy":
            return report(work, 4, h3="unreachable")
        running.installation.write_inventory("h1", "h2")
        return RunReport(2, (), (), "longshore_hosts names what is no host of shop: h3")

    running.play = play
    running.settle_after(V1)

    assert running.states() == ["partial", "failed"]


@pytest.mark.parametrize("content", ["{}", "web: [\n"], ids=["empty", "not readable"])
def test_an_inventory_that_is_broken_for_a_while_has_lost_nobody(
    running: Running, content: str
) -> None:
    def play(work: Work, _stop: threading.Event) -> RunReport:
        if work.run.kind == "deploy":
            return report(work, 4, h3="unreachable")
        return RunReport(2, (), ()) if len(running.played) < 3 else report(work)

    (running.installation.folder / "inventory" / "hosts.yml").write_text(content)
    running.play = play
    running.settle_after(V1)

    assert running.states() == ["partial", "failed", "succeeded"]
    assert running.runs()[-1].hosts == ("h3",)


def test_a_newer_push_goes_to_all_hosts_and_not_only_to_those_that_were_away(
    running: Running,
) -> None:
    running.play = lambda work, _stop: (
        report(work, 4, h2="unreachable") if work.release.digest == V1 else report(work)
    )
    running.desire(V1)
    wait_for(lambda: running.row().pending_hosts, "a host to catch up")

    running.settle_after(V2)

    assert running.runs()[-1].hosts == ()


def test_a_digest_that_was_put_back_is_held_and_switched_hosts_are_brought_back(
    running: Running,
) -> None:
    running.settle_after(V1)
    running.play = lambda work, _stop: (
        report(work, 2, h2="restored", h3="skipped") if work.release.digest == V2 else report(work)
    )

    running.settle_after(V2)

    assert running.states() == ["succeeded", "restored", "succeeded"]
    restore_targets = running.played[-1]
    assert (
        restore_targets.release.digest,
        restore_targets.run.kind,
        restore_targets.run.hosts,
    ) == (V1, "restore", ("h1",))
    assert restore_targets.run.restore_targets == {"h1": KeptContainer("of-h1", V1)}
    assert running.desired() == V1
    assert running.held() == {V2: "put back"}


def test_an_app_that_halts_leaves_switched_hosts_where_they_are(running: Running) -> None:
    running.installation.write_app("shop", rollout={"on_failure": "halt"})
    running.settle_after(V1)
    running.play = lambda work, _stop: report(work, 2, h2="restored", h3="skipped")

    running.settle_after(V2)

    assert running.states() == ["succeeded", "restored"]
    assert running.held() == {V2: "put back"}


@pytest.mark.parametrize(
    "play",
    [
        lambda _work, _stop: RunReport(None, (), (), "killed"),
        lambda _work, _stop: (_ for _ in ()).throw(OSError("no space left")),
        lambda _work, _stop: (_ for _ in ()).throw(ValueError("a fault of ours")),
    ],
    ids=["killed", "cannot start", "a fault of ours"],
)
def test_a_run_that_did_not_end_well_in_itself_is_tried_three_times(
    running: Running, play: Play
) -> None:
    running.play = play

    running.settle_after(V1)

    assert running.states() == ["interrupted"] * 3
    assert all(run.reason for run in running.runs())
    assert running.held() == {}


def test_a_run_that_was_interrupted_once_succeeds_the_second_time(running: Running) -> None:
    running.play = lambda work, _stop: (
        RunReport(None, (), (), "killed") if len(running.played) == 1 else report(work)
    )

    running.settle_after(V1)

    assert running.states() == ["interrupted", "succeeded"]


def test_a_failed_run_is_not_repeated_by_itself(running: Running) -> None:
    running.play = lambda work, _stop: report(work, 2, h1="failed", h2="skipped", h3="skipped")

    running.settle_after(V1)

    assert running.states() == ["failed"]


def test_what_a_dead_worker_left_is_taken_over(running: Running) -> None:
    running.stop()
    running.desire(V1)
    program = """
import os, sys, time; from pathlib import Path
from webhook_bridge.runs import leases
from webhook_bridge.store import Store
from webhook_bridge.file_locks import WorkerIdentity
worker = WorkerIdentity(Path(sys.argv[2]))
with Store(Path(sys.argv[1])).write() as c:
    assert leases.acquire(c, "shop", worker=worker.id, now=time.time())
os._exit(9)
"""
    arguments = [str(running.store.file), str(running.installation.state)]
    subprocess.run([sys.executable, "-c", program, *arguments], check=False)
    assert running.row().owner is not None

    running.start()
    running.settle()

    assert running.states() == ["interrupted", "succeeded"]


def test_what_a_run_reported_before_its_bridge_died_is_kept_for_the_way_back(
    running: Running,
) -> None:
    running.settle_after(V1)
    running.stop()
    running.desire(V2)
    program = """
import json, os, sys, time; from pathlib import Path
from webhook_bridge.state_folder import RunFiles
from webhook_bridge.runs import leases
from webhook_bridge.store import Store
from webhook_bridge.file_locks import WorkerIdentity
state = Path(sys.argv[2])
worker = WorkerIdentity(state)
with Store(Path(sys.argv[1])).write() as c:
    work = leases.acquire(c, "shop", worker=worker.id, now=time.time())
files = RunFiles.of(state, work.run.id)
files.folder.mkdir(parents=True)
outcome = {"event": "outcome", "host": "h1", "outcome": "updated", "step": "switch",
           "digest": work.release.digest,
           "previous": {"container": "of-h1", "digest": "sha256:" + "1" * 64}}
files.events.write_text(json.dumps(outcome) + "\\n")
os._exit(9)
"""
    arguments = [str(running.store.file), str(running.installation.state)]
    subprocess.run([sys.executable, "-c", program, *arguments], check=False)
    running.play = lambda work, _stop: (
        nothing_before(report(work, 2, h1="unchanged", h2="restored", h3="skipped"))
        if work.release.digest == V2
        else report(work)
    )

    running.start()
    running.settle()

    assert running.states() == ["succeeded", "interrupted", "restored", "succeeded"]
    assert running.played[-1].run.restore_targets == {"h1": KeptContainer("of-h1", V1)}


def nothing_before(told: RunReport) -> RunReport:
    """Return the report of a run that did not learn what its hosts ran before."""
    outcomes = tuple(replace(one, previous=None) for one in told.outcomes)
    return replace(told, outcomes=outcomes)


def test_an_app_of_a_living_worker_is_left_to_it(running: Running) -> None:
    running.installation.write_app("shop", "other")
    other = dispatcher.WorkerIdentity(running.installation.state)
    running.stop()
    running.desire(V1)
    with running.store.write() as connection:
        leases.acquire(connection, "shop", worker=other.id, now=time.time())

    running.start()
    running.desire(V1, app="other")
    running.settle("other")

    assert running.row().owner == other.id
    other.close()


def test_a_stop_lets_a_run_end_that_ends_in_time(running: Running) -> None:
    go_on = threading.Event()
    running.play = lambda work, _stop: (go_on.wait(10), report(work))[1]
    running.desire(V1)
    wait_for(lambda: running.played, "the run")
    threading.Timer(0.1, go_on.set).start()

    running.stop(drain=10)

    assert running.states() == ["succeeded"]


def until_stopped(work: Work, stop: threading.Event) -> RunReport:
    assert stop.wait(10)
    return RunReport(None, (), (), "the bridge was stopped")


def fails_with_other_options(work: Work, _stop: threading.Event) -> RunReport:
    return (
        report(work, 2, h2="restored", h3="skipped") if work.run.kind == "deploy" else report(work)
    )


def test_options_that_fail_leave_the_good_digest_desired_and_free(running: Running) -> None:
    running.settle_after(V2)
    running.settle_after(V1)
    running.play = fails_with_other_options

    running.settle_after(V1)

    assert running.states()[2:] == ["restored", "succeeded"]
    assert running.played[-1].run.restore_targets == {"h1": KeptContainer("of-h1", V1)}
    assert (running.desired(), running.held()) == (V1, {})
    reconcile.reconcile(running.store, "shop", actor="me", now=time.time())


def test_a_digest_that_every_host_puts_back_is_held_whatever_the_budget(running: Running) -> None:
    running.installation.write_app("shop", rollout={"failure_budget": "100%"})
    running.settle_after(V1)
    running.play = lambda work, _stop: report(work, 2, **dict.fromkeys(HOSTS, "restored"))

    running.settle_after(V2)

    assert running.states() == ["succeeded", "restored"]
    assert (running.desired(), running.held()) == (V1, {V2: "put back"})


def hook_fails_on_h1(work: Work, _stop: threading.Event) -> RunReport:
    """Return a rollout of V2 whose canary runs V2 when a hook fails; all else goes through."""
    if work.release.digest != V2:
        return report(work)
    told = report(work, 2, h1="failed", h2="skipped", h3="skipped")
    first, *others = told.outcomes
    return replace(told, outcomes=(replace(first, running=V2, health="healthy"), *others))


def test_a_canary_whose_hook_failed_after_the_switch_is_brought_back(running: Running) -> None:
    running.settle_after(V1)
    running.play = hook_fails_on_h1

    running.settle_after(V2)

    assert running.states() == ["succeeded", "failed", "succeeded"]
    restore_targets = running.played[-1].run
    assert (restore_targets.kind, restore_targets.restore_targets) == (
        "restore",
        {"h1": KeptContainer("of-h1", V1)},
    )
    assert (running.desired(), running.held()) == (V1, {})


def test_an_image_that_the_daemon_could_not_start_is_not_held(running: Running) -> None:
    running.settle_after(V1)
    running.play = refused_on_h1

    running.settle_after(V2)

    assert (running.desired(), running.held()) == (V1, {})
    with running.store.read() as connection:
        assert set(releases.unfinished_digests(connection, "shop")) == {V2}
    running.play = all_well
    running.settle_after(V2)
    with running.store.read() as connection:
        assert releases.unfinished_digests(connection, "shop") == {}


def refused_on_h1(work: Work, _stop: threading.Event) -> RunReport:
    """Return a rollout whose canary has not the device that V2 needs."""
    told = report(work, 2, h1="restored", h2="skipped", h3="skipped")
    first, *others = told.outcomes
    return replace(told, outcomes=(replace(first, health=""), *others))


def test_a_held_digest_is_held_with_the_options_of_its_run(running: Running) -> None:
    running.settle_after(V1)
    running.play = lambda work, _stop: report(work, 2, h1="restored")

    running.settle_after(V2)

    options = load_apps(running.installation.apps_file)["shop"].options_fingerprint
    with running.store.read() as connection:
        assert releases.held_digests(connection, "shop", options=options) == {V2: "put back"}
        assert releases.held_digests(connection, "shop", options="other") == {}


def test_a_stop_ends_a_run_that_does_not_and_the_next_start_runs_it_again(
    running: Running,
) -> None:
    running.play = until_stopped
    running.desire(V1)
    wait_for(lambda: running.played, "the run")

    running.stop(drain=0.05)
    assert running.states() == ["interrupted"]
    assert running.row().attempts == 0

    running.play = all_well
    running.start()
    running.settle()
    assert running.states() == ["interrupted", "succeeded"]


def stop_after_the_canary(running: Running) -> Play:
    """Return a rollout that has switched h1 and waits until it is told to stop.

    V3 and what rolls back go through.
    """

    def play(work: Work, _stop: threading.Event) -> RunReport:
        if work.release.digest == V3 or work.run.kind == "rollback":
            return report(work)
        word = wait_for(running.why_stop, "a reason to stop")
        told = report(work, 2, h2="skipped", h3="skipped")
        return replace(told, stopped=Stopped(word, "why"))

    return play


def test_a_host_that_a_canceled_try_of_the_same_digest_had_switched_returns_too(
    running: Running,
) -> None:
    running.settle_after(V1)
    running.play = stop_after_the_canary(running)
    running.desire(V2)
    wait_for(lambda: len(running.played) == 2, "the rollout")
    cancel_the_run(running)
    running.settle()
    running.play = lambda work, _stop: (
        nothing_before(report(work, 2, h1="unchanged", h2="restored", h3="skipped"))
        if work.release.digest == V2
        else report(work)
    )

    running.settle_after(V2)

    assert running.states() == ["succeeded", "canceled", "restored", "succeeded"]
    assert running.played[-1].run.restore_targets == {"h1": KeptContainer("of-h1", V1)}


def test_a_newer_push_takes_over_after_the_batch_and_undoes_nothing(running: Running) -> None:
    running.settle_after(V1)
    running.play = stop_after_the_canary(running)
    running.desire(V2)
    wait_for(lambda: len(running.played) == 2, "the rollout")
    assert running.why_stop() is None

    running.desire(V3)
    running.settle()

    assert running.states() == ["succeeded", "superseded", "succeeded"]
    assert running.played[-1].release.digest == V3
    assert running.held() == {}


def test_an_app_may_finish_a_rollout_before_a_newer_one(running: Running) -> None:
    running.installation.write_app("shop", rollout={"supersede": "finish"})
    go_on = threading.Event()
    running.play = lambda work, _stop: (go_on.wait(10), report(work))[1]
    running.desire(V1)
    wait_for(lambda: running.played, "the rollout")

    running.desire(V2)

    assert running.why_stop() is None
    go_on.set()
    running.settle()
    assert running.states() == ["succeeded", "succeeded"]


def test_a_rollback_takes_over_from_a_rollout_that_would_finish_before_a_newer_one(
    running: Running,
) -> None:
    running.installation.write_app("shop", rollout={"supersede": "finish"})
    running.settle_after(V1)
    running.play = stop_after_the_canary(running)
    running.desire(V2)
    wait_for(lambda: len(running.played) == 2, "the rollout")

    apps = AppsFile(running.installation.apps_file).current()
    rollback(running.store, apps, name="shop", actor="me")
    running.settle()

    assert running.states() == ["succeeded", "superseded", "succeeded"]
    assert (running.played[-1].run.kind, running.desired()) == ("rollback", V1)


def cancel_the_run(running: Running) -> None:
    run = running.runs()[-1]
    cancel(running.store, start_of_id=run.id, actor="me")


def test_a_canceled_rollout_ends_after_its_batch_and_is_not_begun_again(running: Running) -> None:
    running.play = stop_after_the_canary(running)
    running.desire(V1)
    wait_for(lambda: running.played, "the rollout")

    cancel_the_run(running)
    running.settle()

    [run] = running.runs()
    assert (run.state, run.canceled_by) == ("canceled", "me")
    assert "h1 run it, h2, h3 keep what they run" in run.reason
    assert running.held() == {}


def test_a_canceled_run_that_is_cut_off_is_not_begun_again(running: Running) -> None:
    running.play = until_stopped
    running.desire(V1)
    wait_for(lambda: running.played, "the rollout")
    cancel_the_run(running)

    running.stop(drain=0)
    running.start()
    running.settle()

    assert running.states() == ["canceled"]


def test_a_canceled_run_whose_bridge_died_is_not_begun_again(running: Running) -> None:
    running.stop()
    running.desire(V1)
    with running.store.write() as connection:
        leases.acquire(connection, "shop", worker="nobody", now=time.time())
    cancel_the_run(running)

    running.start()
    running.settle()

    assert running.states() == ["canceled"]


def test_a_run_that_has_ended_cannot_be_canceled(running: Running) -> None:
    running.settle_after(V1)

    with pytest.raises(Refused, match="has ended already: succeeded"):
        cancel_the_run(running)


def test_no_run_starts_while_the_apps_file_is_wrong(running: Running) -> None:
    right = running.installation.apps_file.read_text()
    running.installation.apps_file.write_text("apps: {shop: [")
    running.desire(V1)
    running.wait_for_rounds(3)
    assert running.played == []

    running.installation.apps_file.write_text(right)
    running.settle()

    assert running.states() == ["succeeded"]


def test_a_run_in_the_foreground_that_is_ended_is_not_begun_again(running: Running) -> None:
    running.stop()
    running.play = until_stopped
    running.desire(V1)
    apps = AppsFile(running.installation.apps_file)
    settings = running.installation.settings()
    foreground = Dispatcher(settings, running.store, apps, run=running._execute)
    thread = threading.Thread(target=foreground.run_now, args=("shop",), daemon=True)
    thread.start()
    wait_for(lambda: running.played, "the run")

    foreground.end_runs()
    thread.join(10)

    assert not thread.is_alive()
    assert len(running.played) == 1


def test_the_end_of_a_run_is_stored_although_the_database_was_away_for_a_moment(
    installation: Installation, running: Running
) -> None:
    running.stop()
    store = Store(running.store.file, busy_timeout_s=0.02)
    other = sqlite3.connect(store.file, isolation_level=None, check_same_thread=False)
    again = Running(installation, store)
    taken = threading.Event()

    def hold_the_database(work: Work, _stop: threading.Event) -> RunReport:
        other.execute("BEGIN EXCLUSIVE")
        taken.set()
        threading.Timer(0.5, other.rollback).start()
        return report(work)

    again.play = hold_the_database
    again.desire(V1)
    again.start()
    wait_for(taken.is_set, "the database is taken")
    wait_for(lambda: not other.in_transaction, "the database is free again")

    again.settle()

    assert again.states()[-1] == "succeeded"
    again.stop(drain=0)
    store.close()
    other.close()


def test_claims_that_fail_cost_no_slot(
    installation: Installation, running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    running.stop()
    store = Store(running.store.file, busy_timeout_s=0.02)
    again = Running(installation, store)
    again.desire(V1)
    other = sqlite3.connect(store.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    again.start()
    wait_for(lambda: sum("dispatch:" in line for line in caplog.messages) > 3, "four failed claims")
    other.execute("ROLLBACK")
    other.close()
    again.settle()

    assert again.states()[-1] == "succeeded"
    again.stop(drain=0)
    store.close()


def test_an_app_that_left_the_file_is_logged_once(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    running.settle_after(V1)

    running.installation.write_app("other")

    wait_for(lambda: "app shop has left the apps file" in caplog.text, "it is logged")
    running.desire(V2, app="other")
    running.settle("other")
    assert sum("has left the apps file" in line for line in caplog.messages) == 1


def test_a_run_whose_thread_cannot_be_started_gives_its_app_back(
    monkeypatch: pytest.MonkeyPatch, running: Running
) -> None:
    start, failures = threading.Thread.start, itertools.count()

    def refuse_once(thread: threading.Thread) -> None:
        if thread.name.startswith("run-") and next(failures) == 0:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse_once)

    running.settle_after(V1)

    assert running.states() == ["interrupted", "succeeded"]
    assert "can't start new thread" in running.runs()[0].reason


def test_a_fault_in_the_conclusion_of_a_run_leaves_no_app_claimed(
    monkeypatch: pytest.MonkeyPatch, running: Running
) -> None:
    judge, failures = dispatcher.judge_run, itertools.count()

    def fail_once(*arguments: Any, **named: Any) -> Any:
        if next(failures) == 0:
            raise ZeroDivisionError
        return judge(*arguments, **named)

    monkeypatch.setattr(dispatcher, "judge_run", fail_once)

    running.settle_after(V1)

    assert running.states() == ["interrupted", "succeeded"]


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
        releases.hold(connection, "shop", V1, reason="rolled back", run_id=None, now=1.0)

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
    running.play = lambda work, _stop: (go_on.wait(10), report(work))[1]
    running.desire(V1)
    wait_for(lambda: running.played, "the rollout")

    with pytest.raises(Refused, match="is active; wait for it"):
        reconcile.reconcile(running.store, "shop", actor="me", now=time.time())

    go_on.set()
    running.settle()
    assert [run.kind for run in running.runs()] == ["deploy"]
