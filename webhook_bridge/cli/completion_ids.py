# SPDX-License-Identifier: GPL-3.0-or-later
"""What a shell completes of the store: ids of runs and deliveries, and an app's digests.

It is read with the driver alone, and only read: to import the store takes most of a second, and to
open it may change its schema. Where that fails, as for a database of another version, nothing is
completed.
"""

from __future__ import annotations

from contextlib import closing

import click

from webhook_bridge.cli.completion import settings_file, settings_of
from webhook_bridge.domain.releases import UNFINISHED
from webhook_bridge.domain.verdicts import short

_MOST = 50
_TIMEOUT_S = 0.2
_SHORT_ID = 8

_RUNS = "SELECT id FROM run WHERE substr(id, 1, length(?1)) = ?1"
_GOING_ON = f"{_RUNS} AND state = 'running'"
_DELIVERIES = "SELECT id FROM delivery WHERE substr(id, 1, length(?1)) = ?1"
_KNOWN = "SELECT digest FROM release WHERE app = ?1"
_GOOD = (
    "SELECT digest FROM release WHERE app = ?1 AND state = 'good' AND digest != "
    "(SELECT release.digest FROM app JOIN release ON release.id = release_id WHERE name = ?1)"
)
_HELD = f"SELECT digest FROM held WHERE app = ?1 AND reason != '{UNFINISHED}'"  # noqa: S608 -- ours


def run_ids(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the newest runs whose ids start so."""
    del param
    return _ids(ctx, _RUNS, incomplete)


def running_ids(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the runs that go on whose ids start so."""
    del param
    return _ids(ctx, _GOING_ON, incomplete)


def delivery_ids(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the newest deliveries whose ids start so."""
    del param
    return _ids(ctx, _DELIVERIES, incomplete)


def run_or_delivery_ids(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the newest runs and deliveries whose ids start so."""
    return [*run_ids(ctx, param, incomplete), *delivery_ids(ctx, param, incomplete)]


def known_digests(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the digests that the app of this command was ever to run."""
    del param
    return _digests(ctx, _KNOWN, incomplete)


def good_digests(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the digests that the app of this command can go back to."""
    del param
    return _digests(ctx, _GOOD, incomplete)


def held_digests(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the digests that are held of the app of this command."""
    del param
    return _digests(ctx, _HELD, incomplete)


def _ids(ctx: click.Context, query: str, incomplete: str) -> list[str]:
    found = _column(ctx, f"{query} ORDER BY seq DESC LIMIT {_MOST}", incomplete)
    return [one if len(incomplete) > _SHORT_ID else one[:_SHORT_ID] for one in found]


def _digests(ctx: click.Context, query: str, incomplete: str) -> list[str]:
    """Return digests as somebody began to write them: with the algorithm, or without and short."""
    whole = dict.fromkeys(_column(ctx, f"{query} ORDER BY rowid DESC", _app(ctx)))
    written = whole if incomplete.startswith("s") else map(short, whole)
    return [one for one in written if one.startswith(incomplete)][:_MOST]


def _app(ctx: click.Context) -> str:
    """Return the app that the command names.

    Behind an option whose value is being typed, click leaves the arguments unparsed.
    """
    return str(ctx.params.get("app") or next(iter(ctx.args), ""))


def _column(ctx: click.Context, query: str, about: str) -> list[str]:
    import sqlite3  # noqa: PLC0415 -- only where it is asked

    try:
        file = settings_file(ctx)
        database = file.parent / settings_of(file).get("state_dir", "state") / "longshore.db"
        address = f"{database.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=_TIMEOUT_S)) as connection:
            return [str(row[0]) for row in connection.execute(query, (about,))]
    except Exception:  # noqa: BLE001 -- nobody wants to see it while typing
        return []
