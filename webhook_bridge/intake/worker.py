# SPDX-License-Identifier: GPL-3.0-or-later
"""From stored deliveries to verdicts: read, match, ask the registry, decide, record."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from webhook_bridge import crash_points
from webhook_bridge.config.apps_reloader import AppsFile
from webhook_bridge.config.hooks import Hook
from webhook_bridge.errors import StoreUnavailable
from webhook_bridge.intake.decisions import Waits
from webhook_bridge.intake.matching import TagLookup
from webhook_bridge.intake.parsing import ParsedDelivery, read_delivery
from webhook_bridge.intake.recording import record, snapshot
from webhook_bridge.intake.resolving import ask
from webhook_bridge.intake.stored_moments import StoredMoments
from webhook_bridge.registry.client import RegistryClient
from webhook_bridge.store import Store, deliveries

_log = logging.getLogger(__name__)
_BATCH = 500
_WAITS = Waits()
# Another process (`longshore deploy`) cannot wake this one: look at the store this often.
_POLL_INTERVAL_S = 0.5
# Under a flood, look at many deliveries at once instead of competing with those that store them.
_BETWEEN_LOOKS_S = 0.02


class Intake:
    """A thread that gives every stored delivery its verdict.

    A question is asked by one thread at a time, so that an answer that was asked for earlier
    can never be recorded over a later one; deliveries that come meanwhile share the next answer.
    """

    def __init__(
        self,
        store: Store,
        *,
        hooks: Mapping[str, Hook],
        apps: AppsFile,
        registry: RegistryClient,
        patience: float,
        released: Callable[[], None],
        hosts_changed: Callable[[], None] = lambda: None,
        waits: Waits = _WAITS,
        poll_interval_s: float = _POLL_INTERVAL_S,
    ) -> None:
        self._store = store
        self._hooks = hooks
        self._apps = apps
        self._registry = registry
        self._patience = patience
        self._released = released
        self._hosts_changed = hosts_changed
        self._waits = waits
        self._poll_interval_s = poll_interval_s
        self._moments = StoredMoments()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="resolve")
        self._lock = threading.Lock()
        self._busy_questions: set[TagLookup] = set()
        self._busy_deliveries: set[str] = set()
        # By delivery, what it would ask and somebody asks already; only this thread looks at it.
        self._put_off: dict[str, frozenset[TagLookup]] = {}
        self._thread = threading.Thread(target=self._work, name="intake", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def wake(self, stored: Sequence[str] = ()) -> None:
        """Say that deliveries have been stored: those of these ids just now."""
        self._moments.note(stored, at=time.time())
        self._wake.set()

    def stop(self) -> None:
        """End after what is under way; undecided deliveries stay stored for the next start."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def use(self, *, hooks: Mapping[str, Hook], registry: RegistryClient, patience: float) -> None:
        """Decide by these from now on."""
        self._hooks, self._registry, self._patience = hooks, registry, patience

    def _work(self) -> None:
        looked_at = -math.inf
        while not self._stopping.is_set():
            self._wake.wait(self._poll_interval_s)
            self._stopping.wait(looked_at + _BETWEEN_LOOKS_S - time.monotonic())
            self._wake.clear()
            try:
                self._take_due()
            except StoreUnavailable as error:
                _log.error("intake: %s", error)
            except Exception:  # noqa: BLE001 -- a fault of ours must not end the thread
                _log.exception("intake: cannot look at what waits")
            looked_at = time.monotonic()

    def _take_due(self) -> None:
        # First what is under way, then the store: the other way round, a delivery that is decided
        # in between would look as if it still waited, and be asked for once more.
        with self._lock:
            self._put_off = {
                one: questions
                for one, questions in self._put_off.items()
                if questions & self._busy_questions
            }
            busy = self._busy_deliveries | self._put_off.keys()
        with self._store.read() as connection:
            waiting = deliveries.due(connection, now=time.time(), limit=_BATCH)
        apps = self._apps.current()
        groups: dict[frozenset[TagLookup], list[ParsedDelivery]] = {}
        for delivery in waiting:
            if delivery.id not in busy:
                read = read_delivery(delivery, hooks=self._hooks, apps=apps)
                groups.setdefault(read.questions, []).append(read)
        for questions, reads in groups.items():
            self._begin(questions, reads)

    def _begin(self, questions: frozenset[TagLookup], reads: list[ParsedDelivery]) -> None:
        with self._lock:
            if questions & self._busy_questions:
                # Read again once that is answered, not whenever another delivery comes.
                self._put_off |= {read.delivery.id: questions for read in reads}
                return
            self._busy_questions |= questions
            self._busy_deliveries |= {read.delivery.id for read in reads}
        if not questions:
            self._decide(questions, reads)
            return
        try:
            self._pool.submit(self._decide, questions, reads)
        except BaseException:  # no thread can be started: they are taken up again
            self._end(questions, reads)
            raise

    def _decide(self, questions: frozenset[TagLookup], reads: list[ParsedDelivery]) -> None:
        crash_points.reach("while_resolving")
        try:
            if self._ask_and_record(reads):
                self._released()
        except StoreUnavailable as error:
            _log.error("intake: %s", error)
        except Exception:  # noqa: BLE001 -- a fault of ours must not end the thread
            _log.exception("intake: cannot decide %s", [read.delivery.id for read in reads])
            self._postpone(reads)
        finally:
            self._end(questions, reads)
            self._wake.set()

    def _end(self, questions: frozenset[TagLookup], reads: list[ParsedDelivery]) -> None:
        with self._lock:
            self._busy_questions -= questions
            self._busy_deliveries -= {read.delivery.id for read in reads}

    def _ask_and_record(self, reads: list[ParsedDelivery]) -> bool:
        candidates = [candidate for read in reads for candidate in read.candidates]
        before = snapshot(self._store, candidates)
        answers, checks = ask(self._registry, candidates, before)
        released = record(
            self._store,
            [replace(read, delivery=self._moments.told(read.delivery)) for read in reads],
            answers,
            checks,
            before=before,
            patience=self._patience,
            waits=self._waits,
        )
        crash_points.reach("after_verdict")
        if any(verdict.code == "hosts_changed" for read in reads for verdict in read.verdicts):
            self._hosts_changed()
        return released

    def _postpone(self, reads: list[ParsedDelivery]) -> None:
        with self._store.write() as connection:
            for read in reads:
                due_at = time.time() + 60
                detail = "internal error: see the bridge's log"
                deliveries.postpone(connection, read.delivery.id, due_at=due_at, detail=detail)
