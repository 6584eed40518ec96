# SPDX-License-Identifier: GPL-3.0-or-later
"""Browsers that have signed in."""

from __future__ import annotations

import time
from pathlib import Path

import click

from webhook_bridge.cli.installation import actor, opened_store
from webhook_bridge.cli.lazy_group import examples_text
from webhook_bridge.cli.output import clock, json_option, print_json, print_table, say
from webhook_bridge.config.settings import load_settings
from webhook_bridge.operations.signing_in import end_session
from webhook_bridge.operations.timestamps import timestamp
from webhook_bridge.operations.user_serializers import session_view
from webhook_bridge.operations.users import one_user
from webhook_bridge.store import sessions as stored


@click.group()
def session() -> None:
    """Browsers that have signed in."""


@session.command("list", epilog=examples_text("longshore session list --user alice"))
@click.option("--user", "name", help="Only those of this user.")
@json_option
@click.pass_obj
def list_sessions(config: Path, name: str | None, *, as_json: bool) -> None:
    """List the sessions, the one used last first.

    A session's last use is stored every half minute.
    """
    settings = load_settings(config)
    store = opened_store(settings)
    with store.read() as connection:
        whose = None if name is None else one_user(connection, name).id
        found = stored.of(connection, whose)
    idle, now = settings.auth.session_idle, time.time()
    good = [one for one in found if one.is_good(now=now, idle=idle)]
    if as_json:
        print_json({"sessions": [session_view(one) for one in good]})
        return
    rows = [
        (
            one.handle[:8],
            one.user.name,
            one.method,
            one.address,
            clock(timestamp(one.used_at)),
            clock(timestamp(one.expires_at)),
            one.agent,
        )
        for one in good
    ]
    columns = ("SESSION", "USER", "BY", "FROM", "USED (UTC)", "ENDS (UTC)", "BROWSER")
    print_table(columns, rows, empty="Nobody is signed in.")


@session.command(epilog=examples_text("longshore session end 3f2a91c0"))
@click.argument("handle", metavar="SESSION")
@click.pass_obj
def end(config: Path, handle: str) -> None:
    """End a session: the next request of that browser is no longer signed in."""
    ended = end_session(opened_store(load_settings(config)), handle, actor=actor())
    say(f"session {ended.handle} of user {ended.user.name} has ended")
