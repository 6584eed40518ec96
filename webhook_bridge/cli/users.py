# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may sign in to the pages."""

from __future__ import annotations

from pathlib import Path

import click

from webhook_bridge.cli.access import ROLE, apps_option, demand_declared, link_option
from webhook_bridge.cli.installation import actor, opened_store
from webhook_bridge.cli.lazy_group import examples_text
from webhook_bridge.cli.output import clock, json_option, print_json, print_table, say
from webhook_bridge.config.settings import Settings, load_settings
from webhook_bridge.domain.roles import ROLES, Role
from webhook_bridge.operations import users as operation
from webhook_bridge.operations.timestamps import timestamp
from webhook_bridge.operations.user_serializers import user_view
from webhook_bridge.store import users as stored


@click.group()
def user() -> None:
    """Who may sign in to the pages, and what they may do there."""


@user.command(
    epilog=examples_text(
        "longshore user add alice --role admin",
        "longshore user add bob --role operate --app shop",
    )
)
@click.argument("name")
@click.option("--role", type=ROLE, required=True, help="What they may do.")
@apps_option
@link_option
@json_option
@click.pass_obj
def add(
    config: Path,
    name: str,
    role: Role,
    apps: tuple[str, ...],
    link_expires: float,
    *,
    as_json: bool,
) -> None:
    """Add a user and print a link that signs in once.

    read sees, operate deploys and rolls back too, admin does all. Nobody has a password.
    """
    settings = load_settings(config)
    demand_declared(settings, apps)
    secret = operation.add_user(
        opened_store(settings), name, role=role, apps=apps, link_for=link_expires, actor=actor()
    )
    _print_link(settings, name, secret, as_json=as_json)


@user.command(epilog=examples_text("longshore user link alice"))
@click.argument("name")
@link_option
@json_option
@click.pass_obj
def link(config: Path, name: str, link_expires: float, *, as_json: bool) -> None:
    """Print another link for a user; the one before opens nothing any more."""
    settings = load_settings(config)
    store = opened_store(settings)
    secret = operation.new_link(store, name, good_for=link_expires, actor=actor())
    _print_link(settings, name, secret, as_json=as_json)


def _print_link(settings: Settings, name: str, secret: str, *, as_json: bool) -> None:
    address = f"{settings.server.public_url}/sign-in/link/{secret}"
    if as_json:
        print_json({"user": name, "link": address})
        return
    say(f"user {name}: this link signs in once, whoever has it:", err=True)
    say(address)


@user.command("list", epilog=examples_text("longshore user list --json"))
@json_option
@click.pass_obj
def list_users(config: Path, *, as_json: bool) -> None:
    """List the users, what they may do, and when they signed in last."""
    store = opened_store(load_settings(config))
    with store.read() as connection:
        found = stored.all_of_them(connection)
    if as_json:
        print_json({"users": [user_view(one) for one in found]})
        return
    rows = [
        (
            one.name,
            "disabled" if one.disabled_at is not None else one.grants.sentence(),
            clock(timestamp(one.signed_in_at)),
            "a link" if one.identity is None else one.identity.issuer,
        )
        for one in found
    ]
    columns = ("USER", "MAY", "SIGNED IN (UTC)", "BY")
    print_table(columns, rows, empty="Nobody may sign in: longshore user add NAME --role admin")


@user.command(epilog=examples_text("longshore user role bob operate --app shop"))
@click.argument("name")
@click.argument("new_role", metavar="ROLE", type=click.Choice([*ROLES, "none"]))
@apps_option
@click.pass_obj
def role(config: Path, name: str, new_role: str, apps: tuple[str, ...]) -> None:
    """Give a user another role, for all apps or for some; ROLE may be none.

    Without --app it replaces all that they had. Their sessions end.
    """
    settings = load_settings(config)
    wanted: Role | None = next((one for one in ROLES if one == new_role), None)
    if wanted is not None:
        demand_declared(settings, apps)
    store = opened_store(settings)
    changed = operation.set_role(store, name, role=wanted, apps=apps, actor=actor())
    say(f"user {name} may: {changed.grants.sentence()}")


@user.command(epilog=examples_text("longshore user disable bob"))
@click.argument("name")
@click.pass_obj
def disable(config: Path, name: str) -> None:
    """Let a user do nothing: their sessions, links and tokens end at once."""
    store = opened_store(load_settings(config))
    ended, revoked = operation.disable_user(store, name, actor=actor())
    tokens = f", tokens revoked: {', '.join(revoked)}" if revoked else ""
    say(f"user {name} is disabled; sessions ended: {ended}{tokens}")


@user.command(epilog=examples_text("longshore user enable bob"))
@click.argument("name")
@click.pass_obj
def enable(config: Path, name: str) -> None:
    """Let a disabled user sign in again."""
    operation.enable_user(opened_store(load_settings(config)), name, actor=actor())
    say(f"user {name} may sign in again")


@user.command(epilog=examples_text("longshore user remove bob"))
@click.argument("name")
@click.pass_obj
def remove(config: Path, name: str) -> None:
    """Remove a user; what they did stays in the events.

    One who signs in elsewhere is added again at the next sign-in: disable them instead.
    """
    operation.remove_user(opened_store(load_settings(config)), name, actor=actor())
    say(f"user {name} is removed")
