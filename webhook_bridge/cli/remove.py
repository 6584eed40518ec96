# SPDX-License-Identifier: GPL-3.0-or-later
"""Take an app away that left the apps file."""

from __future__ import annotations

import click

from webhook_bridge.cli.installation import actor, opened_store
from webhook_bridge.cli.output import json_option, print_json, say
from webhook_bridge.config.apps_reloader import open_apps
from webhook_bridge.config.settings import load_settings
from webhook_bridge.domain.exit_codes import exit_code_of
from webhook_bridge.operations import serializers
from webhook_bridge.runs.removal import orphan
from webhook_bridge.runs.removal import remove as remove_app


@click.command()
@click.argument("app")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@json_option
@click.pass_context
def remove(context: click.Context, app: str, *, yes: bool, as_json: bool) -> None:
    """Take APP away, which has left the apps file.

    Its containers go on all hosts of the inventory, those kept for going back too, and the images
    that only they used; volumes stay. Hosts that are away are named: ask again when they are back.
    """
    settings = load_settings(context.obj)
    declared = open_apps(settings).current()
    store = opened_store(settings)
    with store.read() as connection:
        found = orphan(connection, declared, app)
    if not yes:
        where = ", ".join(found.containers) or "hosts that nobody has looked at"
        click.confirm(f"Remove all containers of {app} (on {where})?", abort=True, err=True)
    run = remove_app(settings, store, declared, name=app, actor=actor())
    print_json(serializers.run_view(run)) if as_json else say(f"{app}: {run.reason}")
    context.exit(exit_code_of(run.state))
