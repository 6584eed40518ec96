# SPDX-License-Identifier: GPL-3.0-or-later
"""A dispatcher whose runs are functions of a test."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from tests.support.installation import Installation
from tests.support.waiting import wait_for
from webhook_bridge.config.apps_reloader import AppsFile
from webhook_bridge.config.settings import Settings
from webhook_bridge.domain.hosts import KeptContainer
from webhook_bridge.domain.outcomes import Outcome, OutcomeWord, RunReport, Stopped
from webhook_bridge.domain.releases import AppRow, NewRelease
from webhook_bridge.domain.runs import Run, Work
from webhook_bridge.operations.cancel import cancel
from webhook_bridge.runs.dispatcher import Dispatcher
from webhook_bridge.store import Store, holds, releases, runs

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
        self.heard: Callable[..., None] = lambda _outcomes: None
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

    def declare(self, **fields: object) -> None:
        """Change the app's entry; what a dispatcher sees at its start is no edit to look after."""
        self.stop()
        self.installation.write_app("shop", **fields)
        self.start()

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
        heard: Callable[..., None],
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
            return holds.held_digests(connection, "shop")

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


def nothing_before(told: RunReport) -> RunReport:
    """Return the report of a run that did not learn what its hosts ran before."""
    outcomes = tuple(replace(one, previous=None) for one in told.outcomes)
    return replace(told, outcomes=outcomes)


def until_stopped(work: Work, stop: threading.Event) -> RunReport:
    assert stop.wait(60)
    return RunReport(None, (), (), "the bridge was stopped")


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


def cancel_the_run(running: Running) -> None:
    run = running.runs()[-1]
    cancel(running.store, start_of_id=run.id, actor="me")
