# SPDX-License-Identifier: GPL-3.0-or-later
"""Deploy, roll back, and see what runs where."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import click

from webhook_bridge import actions, views
from webhook_bridge.bridge import open_apps, serving_lock
from webhook_bridge.cli.asking import actor
from webhook_bridge.cli.exit_codes import exit_code_of
from webhook_bridge.cli.follow import follow_release
from webhook_bridge.cli.history import print_run
from webhook_bridge.cli.opened_store import opened_store
from webhook_bridge.cli.output import json_option, print_json, print_table
from webhook_bridge.dispatch import Dispatcher
from webhook_bridge.registry.client import RegistryClient
from webhook_bridge.settings import Settings, load_settings
from webhook_bridge.store import Store
from webhook_bridge.store.releases import Release
from webhook_bridge.store.runs import Run
from webhook_bridge.verdicts import short

_no_wait_option = click.option(
    "--no-wait", is_flag=True, help="Leave it to the running bridge and return at once."
)


@click.command()
@click.argument("app")
@click.option("--tag", help="Deploy what this tag means now; default: the tag that is tracked.")
@click.option("--digest", help="Deploy exactly this digest: sha256:…")
@_no_wait_option
@json_option
@click.pass_context
def deploy(
    context: click.Context,
    app: str,
    tag: str | None,
    digest: str | None,
    *,
    no_wait: bool,
    as_json: bool,
) -> None:
    """Bring APP to all its hosts.

    Also a digest that is held, because it was put back or rolled back.
    """
    settings = load_settings(context.obj)
    store = opened_store(settings)

    def ask() -> Release:
        return actions.deploy(
            store,
            RegistryClient(settings.registries),
            open_apps(settings).current(),
            name=app,
            actor=actor(),
            tag=tag,
            digest=digest,
        )

    _ask_and_follow(context, settings, store, ask, no_wait=no_wait, as_json=as_json)


@click.command()
@click.argument("app")
@_no_wait_option
@json_option
@click.pass_context
def rollback(context: click.Context, app: str, *, no_wait: bool, as_json: bool) -> None:
    """Bring APP back to the release before.

    The digest that is left is held: no repeated push brings it again.
    """
    settings = load_settings(context.obj)
    store = opened_store(settings)

    def ask() -> Release:
        return actions.rollback(store, open_apps(settings).current(), name=app, actor=actor())

    _ask_and_follow(context, settings, store, ask, no_wait=no_wait, as_json=as_json)


def _ask_and_follow(
    context: click.Context,
    settings: Settings,
    store: Store,
    ask: Callable[[], Release],
    *,
    no_wait: bool,
    as_json: bool,
) -> None:
    release = ask()
    if no_wait:
        view = views.release_view(release)
        sentence = f"{release.app}: {short(release.digest)} is wanted now; see: longshore status"
        if not _is_served(settings):
            sentence += " (no bridge is running: longshore serve brings it)"
        print_json(view) if as_json else click.echo(sentence)
        return
    run = _run_or_wait(settings, store, release)
    with store.read() as connection:
        view = views.run_details(connection, run)
    print_json(view) if as_json else print_run(view)
    context.exit(exit_code_of(run.state))


def _is_served(settings: Settings) -> bool:
    with serving_lock(settings.state_dir) as lock:
        return not lock.acquire()


def _run_or_wait(settings: Settings, store: Store, release: Release) -> Run:
    """Follow the run that the serving bridge starts; without one, run it here."""
    if _is_served(settings):
        return follow_release(settings, store, release, is_worked_on=lambda: _is_served(settings))
    dispatcher = Dispatcher(settings, store, open_apps(settings))
    # The run's child lives as long as the thread that starts it: that thread only works.
    thread = threading.Thread(target=dispatcher.run_now, args=(release.app,))
    thread.start()
    try:
        run = follow_release(settings, store, release, is_worked_on=thread.is_alive)
        thread.join()
    except BaseException:
        dispatcher.end_runs()
        thread.join()
        click.echo(f"ended; to go on: longshore deploy {release.app}", err=True)
        raise
    return run


@click.command()
@click.argument("app", required=False)
@json_option
@click.pass_obj
def status(config: Path, app: str | None, *, as_json: bool) -> None:
    """Show what should run, and what runs where.

    With APP also what its last run did on each host, and what is held.
    """
    settings = load_settings(config)
    apps = open_apps(settings).current()
    chosen = apps if app is None else {app: actions.find_app(apps, app)}
    with opened_store(settings).write() as connection:
        found = [views.app_view(connection, name, one) for name, one in sorted(chosen.items())]
    if as_json:
        print_json({"apps": found})
        return
    print_table(
        ("APP", "STATE", "TAG", "DIGEST", "HOSTS", "WHY"),
        [_status_row(one) for one in found],
        empty="No app is declared.",
    )
    if app is not None:
        _print_hosts(found[0])


def _status_row(app: views.View) -> tuple[object, ...]:
    release, run = app["release"], app["last_run"]
    wanted = None if release is None else release["digest"]
    on_it = [one for one in app["outcomes"] if wanted is not None and one["running"] == wanted]
    return (
        app["app"],
        app["state"],
        app["track"] if release is None else release["tag"],
        None if release is None else short(release["digest"]),
        f"{len(on_it)}/{len(app['outcomes'])}",
        None if run is None else str(run["reason"]).partition("\n")[0],
    )


def _shown(running: str | None) -> str:
    if running is None:
        return "not seen yet"
    return short(running) if running else "nothing"


def _print_hosts(app: views.View) -> None:
    click.echo()
    rows = [
        (one["host"], _shown(one["running"]), one["outcome"], one["reason"])
        for one in app["outcomes"]
    ]
    columns = ("HOST", "RUNS", "LAST OUTCOME", "WHY")
    print_table(columns, rows, empty="No host has reported yet.")
    for digest, reason in app["held"].items():
        click.echo(
            f"held: {short(digest)} was {reason}; to deploy it: longshore deploy "
            f"{app['app']} --digest {digest}"
        )
