# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait for the end of a run, or of what a delivery led to."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from webhook_bridge.cli.completion_ids import run_or_delivery_ids
from webhook_bridge.cli.installation import is_served, opened_store
from webhook_bridge.cli.output import json_option, print_json, say, say_lines
from webhook_bridge.cli.parameters import DURATION
from webhook_bridge.config.settings import Settings, load_settings
from webhook_bridge.domain.exit_codes import exit_code_of
from webhook_bridge.errors import LongshoreError, NotFound, Refused
from webhook_bridge.file_locks import WorkerIdentity
from webhook_bridge.operations import serializers
from webhook_bridge.operations.delivery_status import status_of
from webhook_bridge.runs.conclusions import free_from_the_dead
from webhook_bridge.store import Store, deliveries, releases, runs

TIMED_OUT = 124
"""The exit code where time ran out, as that of coreutils' timeout: nothing is known of the end."""
_EVERY_S = 1.0
# A bridge that is restarted is back by then.
_PATIENCE_S = 30.0


@dataclass(frozen=True)
class _Look:
    """What was seen: for programs, for people, and the exit code, None while it goes on."""

    view: serializers.View
    sentence: str
    exit_code: int | None


@click.command()
@click.argument("identifier", metavar="RUN|DELIVERY", shell_complete=run_or_delivery_ids)
@click.option("--timeout", type=DURATION, help="Wait no longer, such as 90s or 20m; default: ever.")
@json_option
@click.pass_context
def wait(context: click.Context, identifier: str, timeout: float | None, *, as_json: bool) -> None:
    """Wait until RUN, or all that DELIVERY led to, has ended.

    Ends as `longshore deploy` does: with 0 where it runs, with 1 where it failed or was put back,
    with 3 where hosts could not be reached, with 4 where the delivery brought nothing. With 124
    where --timeout was over before; what was waited for goes on.
    """
    settings = load_settings(context.obj)
    store = opened_store(settings)
    look = _Waiting(settings, store, _looker(store, identifier)).until_end(timeout)
    if as_json:
        print_json(look.view)
    elif look.exit_code is not None:
        say_lines(look.sentence)
    if look.exit_code is None:
        say(f"after {timeout:g} s, it goes on: {look.sentence}", err=True)
    context.exit(TIMED_OUT if look.exit_code is None else look.exit_code)


def _looker(store: Store, start_of_id: str) -> Callable[[], _Look]:
    """Return what looks at a run or a delivery, whose id starts so.

    Raises NotFound where neither does, Refused where several do.
    """
    with store.read() as connection:
        found_runs = [one.id for one in runs.find(connection, start_of_id)]
        found = [one.id for one in deliveries.find(connection, start_of_id)]
    if len(found_runs) + len(found) > 1:
        raise Refused("ambiguous", f"several ids start with {start_of_id!r}; write more of it")
    if found_runs:
        return lambda: _look_at_run(store, found_runs[0])
    if found:
        return lambda: _look_at_delivery(store, found[0])
    raise NotFound(
        f"no run and no delivery has an id that starts with {start_of_id!r}; "
        "see: longshore runs, longshore deliveries"
    )


def _look_at_run(store: Store, identifier: str) -> _Look:
    with store.read() as connection:
        run = runs.get(connection, identifier)
        view = serializers.run_details(connection, run) if run.state != "running" else {}
    code = None if run.state == "running" else exit_code_of(run.state)
    view = view or serializers.run_view(run)
    said = f": {run.reason}" if run.reason else ""
    return _Look(view, f"run {run.id[:8]}: {run.kind} of {run.app}: {run.state}{said}", code)


def _look_at_delivery(store: Store, identifier: str) -> _Look:
    with store.read() as connection:
        status = status_of(connection, identifier)
    if status is None:
        raise NotFound(f"delivery {identifier} is not kept any more; see: longshore deliveries")
    view: dict[str, Any] = status.view
    why = f" ({view['detail']})" if view["state"] == "no_rollout" and view["detail"] else ""
    return _Look(view, f"delivery {identifier[:8]}: {view['sentence']}{why}", view["exit_code"])


class _Waiting:
    """Looks once a second, and says what it sees when that is another thing."""

    def __init__(self, settings: Settings, store: Store, look: Callable[[], _Look]) -> None:
        self._settings = settings
        self._store = store
        self._look = look
        self._abandoned_at: float | None = None

    def until_end(self, timeout: float | None) -> _Look:
        """Return the last look: that of the end, or of when time ran out.

        Raises LongshoreError where nobody is there to work on it.
        """
        began, said = time.monotonic(), ""
        while True:
            look = self._look()
            left = None if timeout is None else began + timeout - time.monotonic()
            if look.exit_code is not None or (left is not None and left <= 0):
                return look
            if look.sentence != said:
                said = look.sentence
                say_lines(said, err=True)
            self._demand_somebody()
            time.sleep(_EVERY_S if left is None else min(_EVERY_S, left))

    def _demand_somebody(self) -> None:
        if self._is_worked_on():
            self._abandoned_at = None
            return
        now = time.monotonic()
        self._abandoned_at = now if self._abandoned_at is None else self._abandoned_at
        if now - self._abandoned_at >= _PATIENCE_S:
            raise LongshoreError("no bridge is running, so it does not go on: longshore serve")

    def _is_worked_on(self) -> bool:
        """Say whether a bridge serves, or a command works on an app; free those of the dead."""
        if is_served(self._settings):
            return True
        worker = WorkerIdentity(self._settings.state_dir)
        try:
            free_from_the_dead(self._settings, self._store, worker)
        finally:
            worker.close()
        with self._store.read() as connection:
            return bool(releases.owners(connection))
