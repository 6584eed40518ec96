# SPDX-License-Identifier: GPL-3.0-or-later
"""See what happened, and who caused it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from webhook_bridge.cli.completion import app_names
from webhook_bridge.cli.installation import opened_store
from webhook_bridge.cli.output import (
    brief_clock,
    clock,
    full_columns_option,
    json_option,
    print_json,
    print_table,
    say,
)
from webhook_bridge.cli.parameters import NAME, SINCE, Read, limit_option
from webhook_bridge.config.settings import load_settings
from webhook_bridge.domain.events import KINDS, WantedEvents
from webhook_bridge.operations.event_serializers import events_view, value_text
from webhook_bridge.operations.parameters import one_of
from webhook_bridge.operations.serializers import View
from webhook_bridge.store import Store
from webhook_bridge.store import events as stored_events

_POLL_INTERVAL_S = 0.5
_AT_ONCE = 200


@click.command()
@click.option("--app", type=NAME, shell_complete=app_names, help="Only what happened to this app.")
@click.option("--actor", type=NAME, help="Only what this one caused, as cli:me@here.")
@click.option(
    "--kind", type=Read("kind", one_of(KINDS), words=KINDS), help="Only these, as run.ended."
)
@click.option("--since", type=SINCE, default=0.0, help="Not older: 2h, or 2026-12-31T12:00.")
@click.option("--follow", "-f", is_flag=True, help="Go on with what happens from now on.")
@limit_option
@full_columns_option
@json_option
@click.pass_obj
def events(
    config: Path,
    app: str | None,
    actor: str | None,
    kind: str | None,
    since: float,
    limit: int,
    *,
    follow: bool,
    full: bool,
    as_json: bool,
) -> None:
    """List what happened, and who caused it, newest first.

    With --follow the newest come last, each on a line of its own.
    """
    store = opened_store(load_settings(config))
    wanted = WantedEvents(app, actor, kind, since)
    if follow:
        for view in following(store, wanted, limit=limit):
            print_json(view, indent=None) if as_json else say(_line(view))
        return
    with store.read() as connection:
        found = events_view(connection, wanted, limit=limit)
    if as_json:
        print_json({"events": found})
        return
    now = time.time()
    print_table(
        ("EVENT", "AT (UTC)", "WHAT", "APP", "BY", "DETAILS"),
        [_row(one) for one in found],
        empty="No such event.",
        full=full,
        whole_in_pipe=True,
        shrinks=["BY", "APP"],
        brief=(
            ("AT (UTC)", "WHAT", "APP", "BY", "DETAILS"),
            [_brief_row(one, now=now) for one in found],
        ),
    )


def following(store: Store, wanted: WantedEvents, *, limit: int) -> Iterator[View]:
    """Yield the newest events, then each that comes; this does not end by itself."""
    with store.read() as connection:
        known = stored_events.last_seq(connection)
        newest = events_view(connection, wanted, limit=limit)
    yield from reversed(newest)
    while True:
        with store.read() as connection:
            last = stored_events.last_seq(connection)
            found = events_view(connection, replace(wanted, after=known), limit=_AT_ONCE)
        yield from found
        known = found[-1]["seq"] if len(found) == _AT_ONCE else last
        if len(found) < _AT_ONCE:
            time.sleep(_POLL_INTERVAL_S)


def _row(view: View) -> tuple[object, ...]:
    return (
        view["seq"],
        clock(view["at"]),
        view["kind"],
        view["app"],
        view["actor"],
        _details(view),
    )


def _brief_row(view: View, *, now: float) -> tuple[object, ...]:
    """Return what has room at 80 columns."""
    at = brief_clock(view["at"], now=now)
    return at, view["kind"], view["app"], view["actor"], _brief_details(view)


def _line(view: View) -> str:
    about = [clock(view["at"]), view["kind"], view["app"], f"by {view['actor']}:", _details(view)]
    return " ".join(str(part) for part in about if part)


def _details(view: View) -> str:
    """Return what an event is about, ids cut short, and what else is known of it."""
    host = [f"host {view['host']}"] if view["host"] else []
    data = [f"{key} {value_text(value)}" for key, value in view["data"].items() if value]
    return ", ".join([*_ids(view), *host, *data])


def _brief_details(view: View) -> str:
    """Return the same with what tells most first, as far as it goes."""
    host = [view["host"]] if view["host"] else []
    data = [value_text(value) for value in view["data"].values() if value]
    return ", ".join([*host, *data, *_ids(view)])


def _ids(view: View) -> list[str]:
    return [f"{name} {view[name][:8]}" for name in ("delivery", "release", "run") if view[name]]
