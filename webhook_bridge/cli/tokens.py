# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens that programs show to the API."""

from __future__ import annotations

import time
from pathlib import Path

import click

from webhook_bridge.cli.access import ROLE, Expiry, apps_option, demand_declared
from webhook_bridge.cli.installation import actor, opened_store
from webhook_bridge.cli.lazy_group import examples_text
from webhook_bridge.cli.output import clock, json_option, print_json, print_table, say
from webhook_bridge.config.settings import load_settings
from webhook_bridge.domain.roles import Role
from webhook_bridge.domain.users import Token
from webhook_bridge.operations import tokens as operation
from webhook_bridge.operations.timestamps import timestamp
from webhook_bridge.operations.user_serializers import token_view
from webhook_bridge.store import tokens as stored


@click.group()
def token() -> None:
    """Tokens that programs show to the API."""


@token.command(
    epilog=examples_text("longshore token create ci --scope operate --app shop --expires 30d")
)
@click.argument("name")
@click.option("--scope", type=ROLE, required=True, help="What it opens.")
@apps_option
@click.option(
    "--expires",
    type=Expiry(),
    default="90d",
    show_default=True,
    help="How long it is good, or never.",
)
@click.option("--user", "owner", metavar="USER", help="Ends with this user, and may no more.")
@json_option
@click.pass_obj
def create(
    config: Path,
    name: str,
    scope: Role,
    apps: tuple[str, ...],
    expires: float | None,
    owner: str | None,
    *,
    as_json: bool,
) -> None:
    """Create a token and print it: nobody can see it again.

    read reads, operate deploys and rolls back too, admin does all. With --app it sees nothing
    but these apps.
    """
    settings = load_settings(config)
    demand_declared(settings, apps)
    secret, new = operation.create_token(
        opened_store(settings),
        name,
        scope=scope,
        apps=apps,
        good_for=expires,
        owner=owner,
        actor=actor(),
    )
    if as_json:
        print_json({**token_view(new), "token": secret})
        return
    until = f"until {timestamp(new.expires_at)}" if new.expires_at else "until it is revoked"
    say(f"token {name} may {new.grants.sentence()}, {until}; it is shown only now:", err=True)
    say(secret)


@token.command("list", epilog=examples_text("longshore token list"))
@json_option
@click.pass_obj
def list_tokens(config: Path, *, as_json: bool) -> None:
    """List the tokens, what they open, and when they were used last."""
    store = opened_store(load_settings(config))
    with store.read() as connection:
        found = stored.all_of_them(connection)
    if as_json:
        print_json({"tokens": [token_view(one) for one in found]})
        return
    columns = ("TOKEN", "MAY", "ENDS (UTC)", "USED (UTC)", "USER", "CREATED BY")
    print_table(columns, [_row(one) for one in found], empty="There is no token.")


def _row(one: Token) -> tuple[object, ...]:
    over = one.expires_at is not None and one.expires_at <= time.time()
    ends = clock(timestamp(one.expires_at)) if one.expires_at is not None else "never"
    return (
        one.name,
        one.grants.sentence(),
        f"{ends}: over" if over else ends,
        clock(timestamp(one.used_at)),
        one.owner and one.owner.name,
        one.created_by,
    )


@token.command(epilog=examples_text("longshore token revoke ci"))
@click.argument("name")
@click.pass_obj
def revoke(config: Path, name: str) -> None:
    """End a token: the next request with it is refused."""
    operation.revoke_token(opened_store(load_settings(config)), name, actor=actor())
    say(f"token {name} is revoked")
