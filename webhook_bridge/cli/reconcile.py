# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at the hosts of apps, and bring those that differ up to date."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import click

from webhook_bridge.cli.completion import app_names
from webhook_bridge.cli.installation import actor, is_served, opened_store, run_here
from webhook_bridge.cli.output import json_option, print_json, say
from webhook_bridge.cli.status import print_hosts
from webhook_bridge.config.apps_reloader import open_apps
from webhook_bridge.config.settings import Settings, load_settings
from webhook_bridge.domain.exit_codes import ExitCode, worst
from webhook_bridge.errors import LongshoreError, Refused
from webhook_bridge.operations import serializers
from webhook_bridge.operations.app_serializers import app_views
from webhook_bridge.operations.declared import declared_app
from webhook_bridge.operations.reconcile import reconcile as reconcile_app
from webhook_bridge.operations.serializers import View
from webhook_bridge.store import Store, releases

_POLL_INTERVAL_S = 0.1


@click.command()
@click.argument("app", required=False, shell_complete=app_names)
@click.option("--no-wait", is_flag=True, help="Leave it to the running bridge and return at once.")
@json_option
@click.pass_context
def reconcile(context: click.Context, app: str | None, *, no_wait: bool, as_json: bool) -> None:
    """Look at the hosts of APP, or of all apps, and bring those that differ up to date.

    What somebody changed by hand is shown, and overwritten only where the app says drift: correct.
    """
    settings = load_settings(context.obj)
    store = opened_store(settings)
    apps = open_apps(settings).current()
    if app is not None:
        declared_app(store, apps, app)
        reconcile_app(store, app, actor=actor(), now=time.time())
    begun, refused = ([app], {}) if app is not None else begin_each(store, sorted(apps))
    if not no_wait:
        for name in begun:
            observe_and_reconcile(settings, store, name)
    with store.read() as connection:
        found = app_views(connection, {name: apps[name] for name in begun})
    _tell(found, refused, as_json=as_json, looked=not no_wait)
    codes = [] if no_wait else [exit_code_of_observation(view) for view in found]
    context.exit(worst([*codes, *(ExitCode.PARTIAL for _ in refused)]))


def _tell(
    found: list[serializers.View], refused: Mapping[str, str], *, as_json: bool, looked: bool
) -> None:
    for reason in refused.values():
        say(reason, err=True)
    if as_json:
        print_json({"apps": found, "refused": refused})
        return
    if not found and not refused:
        say("No app is declared.")
    for view in found:
        say(f"{view['app']}:")
        if looked and (sentence := why_not_seen(view)):
            say(sentence)
        print_hosts(view)


def begin_each(store: Store, names: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Have the hosts of each app looked at; return those apps, and why others are left alone."""
    begun: list[str] = []
    refused: dict[str, str] = {}
    for name in names:
        try:
            reconcile_app(store, name, actor=actor(), now=time.time())
            begun.append(name)
        except Refused as error:
            refused[name] = str(error)
    return begun, refused


def exit_code_of_observation(app: View) -> ExitCode:
    """Return how a look at an app's hosts ended, with what followed from it."""
    observation = app["last_observation"]
    if observation is None or observation["state"] not in ("succeeded", "partial"):
        return ExitCode.FAILED
    differs = any(one["drift"] is not None or not one["reached"] for one in app["observed"])
    return ExitCode.PARTIAL if differs or observation["state"] == "partial" else ExitCode.OK


def why_not_seen(app: View) -> str | None:
    """Return why the last look at an app's hosts did not see all of them; None where it did."""
    observation = app["last_observation"]
    if observation is None or observation["state"] == "succeeded":
        return None
    return (
        f"the observation of its hosts {observation['state']}: {observation['reason']}; "
        f"see: longshore logs {observation['id']}"
    )


def observe_and_reconcile(settings: Settings, store: Store, app: str) -> None:
    """Wait for the serving bridge, or do it here; raise LongshoreError when nobody does it."""
    if is_served(settings):
        _wait_until_reconciled(store, app, is_worked_on=lambda: is_served(settings))
        return
    with run_here(settings, store, app, observe=True):
        pass


def _wait_until_reconciled(store: Store, app: str, *, is_worked_on: Callable[[], bool]) -> None:
    asked_at = time.time()
    while True:
        last_observation = not is_worked_on()
        with store.read() as connection:
            row = releases.app_row(connection, app)
        looked = row.observe_at is None or row.observe_at > asked_at
        if looked and row.owner is None and not row.reconcile_hosts:
            return
        if last_observation:
            raise LongshoreError(f"{app}: no bridge observes its hosts; see: longshore status")
        time.sleep(_POLL_INTERVAL_S)
