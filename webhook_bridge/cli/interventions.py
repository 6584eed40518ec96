# SPDX-License-Identifier: GPL-3.0-or-later
"""Step in: end a run, look at the hosts and mend what differs."""

from __future__ import annotations

from collections.abc import Mapping

import click

from webhook_bridge import actions, interventions, views
from webhook_bridge.bridge import open_apps
from webhook_bridge.cli.asking import actor
from webhook_bridge.cli.exit_codes import ExitCode
from webhook_bridge.cli.follow import follow_end
from webhook_bridge.cli.opened_store import opened_store
from webhook_bridge.cli.output import json_option, print_json, say
from webhook_bridge.cli.reconciling import (
    begin_each,
    exit_code_of_look,
    look_and_mend,
    released,
    why_not_seen,
    worst,
)
from webhook_bridge.cli.status import print_hosts
from webhook_bridge.settings import load_settings


@click.command()
@click.argument("run_id", metavar="RUN")
@click.option("--no-wait", is_flag=True, help="Return at once; the run ends after its batch.")
@json_option
@click.pass_context
def cancel(context: click.Context, run_id: str, *, no_wait: bool, as_json: bool) -> None:
    """End RUN after the batch that it is in.

    Hosts that it switched keep the new release, the others keep what they run.
    """
    settings = load_settings(context.obj)
    store = opened_store(settings)
    run = interventions.cancel(store, start_of_id=run_id, actor=actor())
    if not no_wait:
        run = follow_end(settings, store, run)
    sentence = f"run {run.id}: {run.reason or 'ends after its batch'}"
    print_json(views.run_view(run)) if as_json else say(sentence)
    context.exit(ExitCode.OK if run.state in ("running", "canceled") else ExitCode.FAILED)


@click.command()
@click.argument("app", required=False)
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
    names = [app] if app is not None else released(store, apps)
    for name in names:
        actions.find_app(apps, name)
    begun, refused = begin_each(store, names)
    if not no_wait:
        for name in begun:
            look_and_mend(settings, store, name)
    with store.write() as connection:
        found = [views.app_view(connection, name, apps[name]) for name in begun]
    _tell(found, refused, as_json=as_json, looked=not no_wait)
    codes = [] if no_wait else [exit_code_of_look(view) for view in found]
    context.exit(worst([*codes, *(ExitCode.PARTIAL for _ in refused)]))


def _tell(
    found: list[views.View], refused: Mapping[str, str], *, as_json: bool, looked: bool
) -> None:
    for reason in refused.values():
        say(reason, err=True)
    if as_json:
        print_json({"apps": found, "refused": refused})
        return
    for view in found:
        say(f"{view['app']}:")
        if looked and (sentence := why_not_seen(view)):
            say(sentence)
        print_hosts(view)
