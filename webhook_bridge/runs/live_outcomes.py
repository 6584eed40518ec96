# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts report is stored while their run goes on, so that a canary can be watched.

It decides nothing: the end of the run stores all outcomes again, with what follows from them. The
steps of hosts are for people alone, and stored here only.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from webhook_bridge.domain.outcomes import Outcome
from webhook_bridge.domain.run_steps import RunSteps
from webhook_bridge.domain.runs import Work, judged
from webhook_bridge.errors import StoreUnavailable
from webhook_bridge.store import Store, run_steps, runs

_log = logging.getLogger(__name__)


class LiveOutcomes:
    """Stores the outcomes of one run in groups: deliveries wait for the same lock."""

    def __init__(self, store: Store, work: Work) -> None:
        self._store = store
        self._work = work
        self._waiting: dict[str, Outcome] = {}
        self._steps: RunSteps | None = None

    def heard(self, outcomes: Sequence[Outcome], steps: RunSteps | None = None) -> None:
        """Store all of these in one transaction; `steps` are all so far, None where none is new.

        While the store is away they wait for the next ones, or for the end of the run.
        """
        self._waiting |= {one.host: one for one in judged(self._work, outcomes)}
        self._steps = self._steps if steps is None else steps
        try:
            self._save(tuple(self._waiting.values()))
        except StoreUnavailable as error:
            _log.warning("run %s: its outcomes wait to be stored: %s", self._work.run.id, error)
        else:
            self._waiting.clear()
            self._steps = None

    def _save(self, outcomes: Sequence[Outcome]) -> None:
        with self._store.write() as connection:
            # One that was taken over has ended, and what is stored of it stays.
            if runs.is_running(connection, self._work.run.id):
                runs.put_outcomes(connection, self._work.run.id, outcomes)
                if self._steps is not None:
                    run_steps.put(connection, self._work.run.id, self._steps)
