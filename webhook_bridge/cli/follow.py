# SPDX-License-Identifier: GPL-3.0-or-later
"""Watch a run from another process: its log, its events, its end."""

from __future__ import annotations

import codecs
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from webhook_bridge.cli.output import say, say_part
from webhook_bridge.config.settings import Settings
from webhook_bridge.domain.consequences import ROLLOUTS
from webhook_bridge.domain.outcomes import RunState
from webhook_bridge.domain.releases import Release
from webhook_bridge.domain.runs import Run
from webhook_bridge.errors import LongshoreError
from webhook_bridge.executor.tail import Tail
from webhook_bridge.file_locks import WorkerIdentity
from webhook_bridge.runs.conclusions import free_from_the_dead
from webhook_bridge.state_folder import RunFiles
from webhook_bridge.store import Store, runs

_POLL_INTERVAL_S = 0.1
_LONG_WAIT_S = 3.0
_MOST_AT_ONCE = 64 * 1024


def follow_log(settings: Settings, store: Store, run: Run, *, follow: bool) -> RunState:
    """Print a run's log, until its end if asked to; return the state it was last seen in."""
    growing = GrowingText(RunFiles.of(settings.state_dir, run.id).log)
    while True:
        state = _state(store, run.id)
        for part in growing.parts():
            say_part(part)
        if not follow or state != "running":
            return state
        time.sleep(_POLL_INTERVAL_S)


def follow_release(
    settings: Settings,
    store: Store,
    release: Release,
    *,
    is_worked_on: Callable[[], bool],
    show: Callable[[dict[str, Any]], None] | None = None,
) -> Run:
    """Print what happens on each host until the release's run has ended; return that run.

    `show` is given each event of the run, instead of the lines that are printed without it.
    Raises LongshoreError when nobody is left who could start one.
    """
    show = show or _print_event
    run = _first_run(store, release, is_worked_on=is_worked_on)
    say(f"run {run.id}: {run.kind} of {run.app}", err=True)
    tail = Tail(RunFiles.of(settings.state_dir, run.id).events)
    while True:
        ended = _state(store, run.id) != "running"
        for line in tail.lines():
            show(json.loads(line))
        if ended:
            with store.read() as connection:
                return runs.get(connection, run.id)
        time.sleep(_POLL_INTERVAL_S)


def follow_end(settings: Settings, store: Store, run: Run) -> Run:
    """Wait until a run has ended; where the process that ran it died, end it here."""
    worker = WorkerIdentity(settings.state_dir)
    try:
        while _state(store, run.id) == "running":
            free_from_the_dead(settings, store, worker)
            time.sleep(_POLL_INTERVAL_S)
    finally:
        worker.close()
    with store.read() as connection:
        return runs.get(connection, run.id)


def _first_run(store: Store, release: Release, *, is_worked_on: Callable[[], bool]) -> Run:
    asked_at = time.monotonic()
    told = False
    while True:
        last_observation = not is_worked_on()
        if not told and time.monotonic() - asked_at > _LONG_WAIT_S:
            say("waiting: other runs are active; see: longshore runs", err=True)
            told = True
        with store.read() as connection:
            run = runs.first_since(connection, release, kinds=ROLLOUTS)
        if run is not None:
            return run
        if last_observation:
            raise LongshoreError(f"no run of {release.app} was started; see: longshore status")
        time.sleep(_POLL_INTERVAL_S)


def _state(store: Store, run_id: str) -> RunState:
    with store.read() as connection:
        return runs.get(connection, run_id).state


def _print_event(event: dict[str, Any]) -> None:
    if event["event"] == "step":
        say(f"  {event['task']}", err=True)
    elif event["event"] == "outcome":
        say(f"  {event['host']}: {event['outcome']}", err=True)


class GrowingText:
    """Hands out what was added to a file since the last look, never much of it at once.

    Also a line that does not end: how long one is, others choose.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._position = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def parts(self) -> Iterator[str]:
        """Yield the new text in parts that break anywhere."""
        if not self._file.exists():
            return
        with self._file.open("rb") as file:
            file.seek(self._position)
            while part := file.read(_MOST_AT_ONCE):
                self._position += len(part)
                yield self._decoder.decode(part)
