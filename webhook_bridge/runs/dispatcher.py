# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring each app to its desired release: claim, run, record what follows."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from webhook_bridge import crash_points
from webhook_bridge.config.app import App
from webhook_bridge.config.apps_reloader import AppsFile
from webhook_bridge.config.settings import Settings
from webhook_bridge.domain.outcomes import RunReport, RunResult
from webhook_bridge.domain.run_end_facts import Ended
from webhook_bridge.domain.runs import Work
from webhook_bridge.domain.stopping import StopWord, why_stop
from webhook_bridge.errors import StoreUnavailable
from webhook_bridge.executor.runner import execute
from webhook_bridge.file_locks import WorkerIdentity
from webhook_bridge.runs import leases
from webhook_bridge.runs.app_watch import AppWatch
from webhook_bridge.runs.conclusions import conclude, free_from_the_dead, give_back
from webhook_bridge.runs.live_outcomes import LiveOutcomes
from webhook_bridge.runs.removed_hosts import removed_hosts
from webhook_bridge.runs.run_policy import end_policy, result_of
from webhook_bridge.store import Store, releases, runs

_log = logging.getLogger(__name__)
_POLL_INTERVAL_S = 0.5

Execute = Callable[..., RunReport]


class Dispatcher:
    """Works on apps whose desired state is not applied, at most one run per app at a time.

    A lost wake-up costs half a second: the store is looked at again and again, and what it says
    alone decides.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        apps: AppsFile,
        *,
        run: Execute = execute,
        poll_interval_s: float = _POLL_INTERVAL_S,
    ) -> None:
        self._settings = settings
        self._store = store
        self._apps = apps
        self._watch = AppWatch(store, apps)
        self._execute = run
        self._poll_interval_s = poll_interval_s
        self._identity = WorkerIdentity(settings.state_dir)
        self._slots = threading.BoundedSemaphore(settings.deploy.concurrent_runs)
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._end_runs = threading.Event()
        self._runs: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._work, name="dispatch", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there may be something to do."""
        self._wake.set()

    def use(self, settings: Settings) -> None:
        """Start runs with these settings from now on."""
        self._settings = settings
        self._wake.set()

    def stop(self, *, drain: float) -> None:
        """Start nothing more, give active runs `drain` seconds, then end them.

        A run that was ended is run again at the next start.
        """
        self._closing.set()
        self._wake.set()
        self._thread.join()
        deadline = time.monotonic() + drain
        for thread in self._runs:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._end_runs.set()
        for thread in self._runs:
            thread.join()
        self._identity.close()

    def end_runs(self) -> None:
        """End the active runs at once; what they were for stays wanted."""
        self._end_runs.set()

    def run_now(self, app: str, *, observe: bool = False) -> bool:
        """Work on one app in this thread until nothing is left to do for it now.

        Its hosts are observed, and those that differ reconciled, only with `observe`.

        While another process works on it, wait: it may end before our wish is done. Returns
        whether anything was run here. For use without `start`.
        """
        ran = False
        while not self._end_runs.is_set():
            work = self._claim(app, observe=observe)
            if work is not None:
                self._run(work)
                ran = True
            elif not self._is_claimed(app):
                break
            else:
                self._end_runs.wait(self._poll_interval_s)
        return ran

    def _is_claimed(self, app: str) -> bool:
        with self._store.read() as connection:
            return app in releases.owners(connection)

    def _work(self) -> None:
        while not self._closing.is_set():
            try:
                free_from_the_dead(self._settings, self._store, self._identity)
                if self._settings.reconcile.every:
                    self._watch.schedule_observations(every=self._settings.reconcile.every)
                self._start_runs()
                self._watch.log_orphans()
            except StoreUnavailable as error:
                _log.error("dispatch: %s", error)
            except Exception:  # noqa: BLE001 -- a fault of ours must not end the thread
                _log.exception("dispatch: cannot look at what waits")
            self._wake.wait(self._poll_interval_s)
            self._wake.clear()

    def _start_runs(self) -> None:
        self._runs = [thread for thread in self._runs if thread.is_alive()]
        if not self._apps.is_right():
            return
        with self._store.read() as connection:
            apps = self._apps.current()
            names = leases.apps_to_check(connection, apps, now=time.time())
        for name in names:
            if not self._slots.acquire(blocking=False):
                return
            if not self._start_if_claimed(name):
                self._slots.release()

    def _start_if_claimed(self, name: str) -> bool:
        """Start a run in the slot that was taken; False, or an error, leaves the slot unused."""
        try:
            work = self._claim(name)
        except BaseException:
            self._slots.release()
            raise
        if work is not None:
            self._start_thread(work)
        return work is not None

    def _start_thread(self, work: Work) -> None:
        thread = threading.Thread(target=self._run_in_slot, args=(work,), name=f"run-{work.run.id}")
        try:
            thread.start()
        except BaseException as error:
            self._slots.release()
            self._free(work, f"its thread cannot be started: {error}")
            raise
        self._runs.append(thread)

    def _free(self, work: Work, why: str) -> None:
        """End a run that cannot go on; its app waits for another try, as after any interruption."""
        _log.error("run %s: %s", work.run.id, why)
        result = RunResult("interrupted", f"{why}; see the bridge's log", ())
        try:
            self._finish(work, Ended(result))
        except Exception:  # noqa: BLE001 -- whatever it is, the app must not stay claimed
            _log.exception("run %s: its end cannot be decided", work.run.id)
            give_back(self._store, work, result)

    def _run_in_slot(self, work: Work) -> None:
        try:
            self._run(work)
        except Exception as error:  # noqa: BLE001 -- the app must not stay claimed
            _log.exception("run %s: cannot be concluded", work.run.id)
            self._free(work, f"fault of the bridge: {error}")
        finally:
            self._slots.release()
            self._wake.set()

    def _claim(self, app: str, *, observe: bool = True) -> Work | None:
        free_from_the_dead(self._settings, self._store, self._identity)
        declared = self._apps.current().get(app)
        keep = 0 if declared is None else declared.keep
        options = "" if declared is None else declared.options_fingerprint
        worker = self._identity.id
        with self._store.read() as connection:
            if leases.due(connection, app, now=time.time(), observe=observe) is None:
                return None
        with self._store.write() as connection:
            work = leases.acquire(
                connection,
                app,
                worker=worker,
                now=time.time(),
                keep=keep,
                options=options,
                observe=observe,
            )
        if work is not None:
            crash_points.reach("after_claim")
        return work

    def _run(self, work: Work) -> None:
        _log.info("run %s: %s %s", work.run.id, work.run.kind, work.release.app)
        live = LiveOutcomes(self._store, work)
        try:
            report = self._execute(
                self._settings,
                work,
                stop=self._end_runs,
                why_stop=partial(self._why_stop, work),
                heard=live.heard,
            )
            live.heard((), report.steps)
        except Exception as error:  # noqa: BLE001 -- the app must not stay claimed
            _log.exception("run %s: cannot be run", work.run.id)
            report = RunReport(None, (), (), f"cannot run it: {error}")
        crash_points.reach("after_play")
        result = result_of(work, report, self._app_of(work))
        if result.state == "interrupted" and self._end_runs.is_set():
            give_back(self._store, work, result)
        else:
            removed = self._removed_hosts(work, report)
            self._record(work, Ended(result, report.observations, removed, report.expected))

    def _removed_hosts(self, work: Work, report: RunReport) -> tuple[str, ...]:
        return removed_hosts(self._settings, self._store, work, report, self._app_of(work))

    def _app_of(self, work: Work) -> App | None:
        return self._apps.current().get(work.run.app)

    def _why_stop(self, work: Work) -> StopWord | None:
        """Return why a run shall start no further batch; a store that is away asks for nothing."""
        app = self._app_of(work)
        try:
            with self._store.read() as connection:
                run = runs.get(connection, work.run.id)
                newest, cause = releases.latest_generation(connection, run.app)
        except StoreUnavailable:
            return None
        supersede = "finish" if app is None else app.rollout.supersede
        return why_stop(run, newest_generation=newest, cause=cause, supersede=supersede)

    def _record(self, work: Work, ended: Ended) -> None:
        kept, result = self._finish(work, ended), ended.result
        crash_points.reach("after_result_commit")
        level = logging.INFO if result.state == "succeeded" else logging.WARNING
        _log.log(level, "run %s: %s: %s", work.run.id, result.state, result.reason)
        if not kept:
            _log.warning("run %s: another worker had taken over its app", work.run.id)

    def _finish(self, work: Work, ended: Ended) -> bool:
        """Store a run's end, however long the store is away: nobody else would free the app."""
        while True:
            policy = end_policy(self._settings, self._app_of(work))
            try:
                return conclude(self._store, work, ended, policy=policy)
            except StoreUnavailable as error:
                _log.error("run %s: its end waits to be stored: %s", work.run.id, error)
                if self._end_runs.wait(self._poll_interval_s):
                    raise
