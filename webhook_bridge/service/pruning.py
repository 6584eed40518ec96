# SPDX-License-Identifier: GPL-3.0-or-later
"""A thread that removes what the settings no longer keep."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from pathlib import Path

from webhook_bridge.config.retention import Keep, RetentionTable
from webhook_bridge.errors import StoreUnavailable
from webhook_bridge.store import Store, kept_answers, pruning
from webhook_bridge.store.pruning import Entry, removable

_log = logging.getLogger(__name__)
_EVERY_S = 60.0
_MOST_ANSWERS = 10_000


class Pruning:
    """Looks once a minute; one look that fails is only logged."""

    def __init__(self, store: Store, state_dir: Path, keep: RetentionTable) -> None:
        self._store = store
        self._runs = state_dir / "runs"
        self._keep = keep
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="pruning", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is under way."""
        self._stopping.set()
        self._thread.join()

    def use(self, keep: RetentionTable) -> None:
        """Keep this much from now on."""
        self._keep = keep

    def _work(self) -> None:
        while not self._stopping.wait(_EVERY_S):
            try:
                self.prune(now=time.time())
            except (StoreUnavailable, OSError) as error:
                _log.error("pruning: %s", error)
            except Exception:  # noqa: BLE001 -- a fault of ours must not end the thread
                _log.exception("pruning: cannot remove what is old")

    def prune(self, *, now: float) -> None:
        """Remove all that is too old or too much."""
        deliveries = pruning.prune_deliveries(self._store, self._keep.deliveries, now=now)
        rejected = pruning.prune_rejected(self._store, self._keep.rejected, now=now)
        runs = pruning.prune_runs(self._store, self._keep.runs, now=now)
        events = pruning.prune_events(self._store, self._keep.events, now=now)
        with self._store.write() as connection:
            kept_answers.prune(connection, after=now - kept_answers.KEPT_S, most=_MOST_ANSWERS)
        logs = self._prune_logs(self._keep.logs, now=now)
        removed = {
            "deliveries": deliveries,
            "rejected": rejected,
            "runs": runs,
            "events": events,
            "logs": logs,
        }
        if any(removed.values()):
            _log.info("removed what is old: %s", removed)

    def _prune_logs(self, keep: Keep, *, now: float) -> int:
        # In this order: a run is stored before its folder is made.
        folders = self._folders()
        with self._store.read() as connection:
            known = pruning.run_ids(connection, active=False)
            active = pruning.run_ids(connection, active=True)
        entries = [Entry(n, name, at) for n, (at, name) in enumerate(folders, 1) if name in known]
        last_beyond = entries[-keep.number - 1].seq if len(entries) > keep.number else 0
        expired, _ = removable(entries, last_beyond=last_beyond, keep=keep, now=now)
        orphans = {name for _, name in folders} - known
        doomed = ({entry.id for entry in expired} | orphans) - active
        for name in doomed:
            shutil.rmtree(self._runs / name)
        return len(doomed)

    def _folders(self) -> list[tuple[float, str]]:
        """Return time and name of each run's folder, the oldest first."""
        found = self._runs.iterdir() if self._runs.is_dir() else ()
        return sorted((folder.stat().st_mtime, folder.name) for folder in found)
