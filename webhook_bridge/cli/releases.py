# SPDX-License-Identifier: GPL-3.0-or-later
"""List an app's releases, hold a digest, and lift a hold."""

from __future__ import annotations

import time
from pathlib import Path

import click

from webhook_bridge.cli.completion import app_names
from webhook_bridge.cli.completion_ids import held_digests, known_digests
from webhook_bridge.cli.installation import actor, opened_store
from webhook_bridge.cli.output import (
    brief_clock,
    clock,
    full_columns_option,
    json_option,
    print_json,
    print_table,
    say,
    version_and_tag,
)
from webhook_bridge.cli.parameters import limit_option
from webhook_bridge.config.apps_reloader import open_apps
from webhook_bridge.config.settings import load_settings
from webhook_bridge.domain.verdicts import short
from webhook_bridge.operations import serializers
from webhook_bridge.operations.declared import declared_app
from webhook_bridge.operations.holds import hold as set_hold
from webhook_bridge.operations.holds import unhold as lift_hold
from webhook_bridge.operations.parameters import short_text


@click.command()
@click.argument("app", shell_complete=app_names)
@limit_option
@full_columns_option
@json_option
@click.pass_obj
def releases(config: Path, app: str, limit: int, *, full: bool, as_json: bool) -> None:
    """List the releases of APP, newest first: who or what brought each, and what became of it."""
    settings = load_settings(config)
    store = opened_store(settings)
    declared_app(store, open_apps(settings).current(), app)
    with store.read() as connection:
        found = serializers.releases_view(connection, app, limit=limit)
    if as_json:
        print_json({"releases": found})
        return
    now = time.time()
    print_table(
        ("", "RELEASE", "SINCE (UTC)", "VERSION", "DIGEST", "STATE", "HELD", "BROUGHT BY"),
        [_row(one) for one in found],
        empty=f"{app} has no release yet.",
        full=full,
        whole_in_pipe=True,
        shrinks=["VERSION"],
        brief=(
            ("", "SINCE (UTC)", "VERSION", "DIGEST", "STATE", "BROUGHT BY"),
            [_brief_row(one, now=now) for one in found],
        ),
    )


def _row(one: serializers.View) -> tuple[object, ...]:
    return (
        _mark(one),
        one["id"][:8],
        clock(one["created_at"]),
        version_and_tag(one),
        short(one["digest"]),
        one["state"],
        one["held"],
        _brought_by(one),
    )


def _brief_row(one: serializers.View, *, now: float) -> tuple[object, ...]:
    """Return what has room at 80 columns: a release is named by its digest, too."""
    return (
        _mark(one),
        brief_clock(one["created_at"], now=now),
        version_and_tag(one),
        short(one["digest"]),
        "held" if one["held"] else one["state"],
        _brought_by(one),
    )


def _mark(one: serializers.View) -> str:
    return ">" if one["is_desired"] else "\N{NO-BREAK SPACE}"


def _brought_by(one: serializers.View) -> str:
    return f"{one['cause']}: {one['actor']}"


@click.command()
@click.argument("app", shell_complete=app_names)
@click.argument("digest", required=False, shell_complete=known_digests)
@click.option("--reason", help="Why, for who comes after you: at most 200 characters.")
@click.pass_obj
def hold(config: Path, app: str, digest: str | None, reason: str | None) -> None:
    """Keep DIGEST of APP from being deployed by itself; default: the one that is desired.

    No push, poll or reconcile brings it, and no rollback goes back to it. Hosts that run it go on
    running it.
    """
    settings = load_settings(config)
    store = opened_store(settings)
    declared = declared_app(store, open_apps(settings).current(), app)
    found = set_hold(
        store,
        name=app,
        image=str(declared.image),
        actor=actor(),
        start_of_digest=digest,
        why=reason if reason is None else _reason(reason),
    )
    say(
        f"{app}: {short(found)} is held: no push or poll brings it. To lift that: longshore "
        f"unhold {app} {short(found)}"
    )


def _reason(text: str) -> str:
    try:
        return short_text(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--reason") from error


@click.command()
@click.argument("app", shell_complete=app_names)
@click.argument("digest", shell_complete=held_digests)
@click.pass_obj
def unhold(config: Path, app: str, digest: str) -> None:
    """Lift the hold on DIGEST of APP; nothing is deployed by that."""
    settings = load_settings(config)
    store = opened_store(settings)
    declared_app(store, open_apps(settings).current(), app)
    found = lift_hold(store, name=app, start_of_digest=digest, actor=actor())
    say(
        f"{app}: {short(found)} is no longer held; the next delivery that means it brings it. "
        f"Now: longshore deploy {app} --digest {found}"
    )
