# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts the apps have, and hosts that the inventory has lost."""

from __future__ import annotations

import time

import click

from webhook_bridge.cli.completion import app_names
from webhook_bridge.cli.installation import actor, opened_store
from webhook_bridge.cli.lazy_group import examples_text
from webhook_bridge.cli.output import json_option, print_json, print_reasons, print_table, say
from webhook_bridge.config.apps_reloader import open_apps
from webhook_bridge.config.settings import load_settings
from webhook_bridge.domain.exit_codes import ExitCode
from webhook_bridge.operations.declared import declared_app
from webhook_bridge.operations.inventory import confirm as confirm_loss
from webhook_bridge.operations.inventory import inventory_views
from webhook_bridge.operations.serializers import View
from webhook_bridge.runs.inventory_reading import read_inventory


@click.group()
def inventory() -> None:
    """Which hosts the apps have, as the inventory was read last."""


@inventory.command("list", epilog=examples_text("longshore inventory list --read"))
@click.option("--read", is_flag=True, help="Read the inventory now; connect to no host.")
@json_option
@click.pass_context
def list_inventory(context: click.Context, *, read: bool, as_json: bool) -> None:
    """List the hosts of each app, and how the inventory was read last.

    Ends with 3 where it could not be read, has no hosts, or lost many that are in doubt.
    """
    settings = load_settings(context.obj)
    store = opened_store(settings)
    apps = open_apps(settings).current()
    if read:
        read_inventory(settings, store, apps)
    with store.read() as connection:
        found = inventory_views(connection, sorted(apps))
    if as_json:
        print_json({"inventory": found})
    else:
        _print(found)
    if any(one["state"] not in ("read", "never read") for one in found):
        context.exit(ExitCode.PARTIAL)


def _print(found: list[View]) -> None:
    rows = [
        (one["app"], one["state"], len(one["hosts"]), ", ".join(one["hosts"]) or None)
        for one in found
    ]
    print_table(("APP", "STATE", "COUNT", "HOSTS"), rows, empty="No app is declared.")
    print_reasons({one["app"]: one["reason"] for one in found if one["reason"]})


@inventory.command(epilog=examples_text("longshore inventory confirm shop"))
@click.argument("app", shell_complete=app_names)
@click.pass_context
def confirm(context: click.Context, app: str) -> None:
    """Believe that the hosts of APP which the inventory has lost are gone for good."""
    settings = load_settings(context.obj)
    store = opened_store(settings)
    declared_app(store, open_apps(settings).current(), app)
    left = confirm_loss(store, app, actor=actor(), now=time.time())
    say(f"{app}: its hosts are {', '.join(left.hosts) or 'none'}")
