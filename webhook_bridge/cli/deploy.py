# SPDX-License-Identifier: GPL-3.0-or-later
"""Deploy, and roll back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from webhook_bridge.cli.completion import app_names
from webhook_bridge.cli.completion_ids import good_digests, known_digests
from webhook_bridge.cli.follow import follow_release
from webhook_bridge.cli.installation import actor, is_served, opened_store, run_here
from webhook_bridge.cli.output import json_option, print_json, say
from webhook_bridge.cli.runs import print_run
from webhook_bridge.config.apps_reloader import open_apps
from webhook_bridge.config.settings import Settings, load_settings
from webhook_bridge.domain.exit_codes import exit_code_of
from webhook_bridge.domain.releases import Release
from webhook_bridge.domain.runs import Run
from webhook_bridge.domain.verdicts import short
from webhook_bridge.operations import serializers
from webhook_bridge.operations.deploy import deploy as deploy_app
from webhook_bridge.operations.rollback import rollback as roll_back
from webhook_bridge.registry.client import RegistryClient
from webhook_bridge.store import Store

_no_wait_option = click.option(
    "--no-wait", is_flag=True, help="Leave it to the running bridge and return at once."
)
_follow_option = click.option(
    "--follow", "-f", is_flag=True, help="Show a line for each host, and a box where one failed."
)


@click.command()
@click.argument("app", shell_complete=app_names)
@click.option("--tag", help="Deploy what this tag means now; default: the tag that is tracked.")
@click.option(
    "--digest",
    shell_complete=known_digests,
    help="Deploy exactly this digest, or the one that starts so.",
)
@click.option("--same", is_flag=True, help="Deploy changed options with the digest that runs.")
@click.option("--force", is_flag=True, help="Deploy what the tag means also where it is held.")
@_follow_option
@_no_wait_option
@json_option
@click.pass_context
def deploy(
    context: click.Context,
    app: str,
    tag: str | None,
    digest: str | None,
    *,
    same: bool,
    force: bool,
    follow: bool,
    no_wait: bool,
    as_json: bool,
) -> None:
    """Bring APP to all its hosts.

    What a tag means is refused where it is held, because it was put back or rolled back:
    --digest or --force brings it.
    """
    settings = load_settings(context.obj)
    store = opened_store(settings)

    def ask() -> Release:
        return deploy_app(
            store,
            RegistryClient(settings.registries),
            open_apps(settings).current(),
            name=app,
            actor=actor(),
            tag=tag,
            digest=digest,
            force=force,
            same=same,
        )

    _ask_and_follow(context, settings, store, ask, follow=follow, no_wait=no_wait, as_json=as_json)


@click.command()
@click.argument("app", shell_complete=app_names)
@click.option(
    "--to",
    metavar="RELEASE",
    shell_complete=good_digests,
    help="Start of a release's id or digest; default: the one before.",
)
@_follow_option
@_no_wait_option
@json_option
@click.pass_context
def rollback(
    context: click.Context,
    app: str,
    to: str | None,
    *,
    follow: bool,
    no_wait: bool,
    as_json: bool,
) -> None:
    """Bring APP back to the release before, or to another one that ran well.

    Hosts start the container that they kept, where it still exists. The digest that is left is
    held: no repeated push brings it again.
    """
    settings = load_settings(context.obj)
    store = opened_store(settings)

    def ask() -> Release:
        apps = open_apps(settings).current()
        return roll_back(store, apps, name=app, actor=actor(), to=to)

    _ask_and_follow(context, settings, store, ask, follow=follow, no_wait=no_wait, as_json=as_json)


def _ask_and_follow(
    context: click.Context,
    settings: Settings,
    store: Store,
    ask: Callable[[], Release],
    *,
    follow: bool,
    no_wait: bool,
    as_json: bool,
) -> None:
    if follow and no_wait:
        raise click.UsageError("--follow waits for the run: leave out --no-wait")
    release = ask()
    if no_wait:
        view = serializers.release_view(release)
        sentence = f"{release.app}: {short(release.digest)} is wanted now; see: longshore status"
        if not is_served(settings):
            sentence += " (no bridge is running: longshore serve brings it)"
        print_json(view) if as_json else say(sentence)
        return
    if follow:
        run = _live(settings, store, release, err=as_json)
    else:
        run = _run_or_wait(settings, store, release)
    with store.read() as connection:
        view = serializers.run_details(connection, run)
    if as_json:
        print_json(view)
    elif follow:
        _print_end(view)
    else:
        print_run(view)
    context.exit(exit_code_of(run.state))


def _live(settings: Settings, store: Store, release: Release, *, err: bool) -> Run:
    """Show a line for each host; what programs read stays alone on standard output."""
    from webhook_bridge.cli.live_lines import LiveLines  # noqa: PLC0415 -- imports rich

    with LiveLines(err=err) as lines:
        return _run_or_wait(settings, store, release, show=lines.show)


def _print_end(view: serializers.View) -> None:
    version = view["release"]["version"] or short(view["release"]["digest"])
    say(f"{view['app']} {version}: {view['state']}: {str(view['reason']).partition(chr(10))[0]}")
    if view["timeline"]["sentence"]:
        say(view["timeline"]["sentence"])


def _run_or_wait(
    settings: Settings,
    store: Store,
    release: Release,
    *,
    show: Callable[[dict[str, Any]], None] | None = None,
) -> Run:
    """Follow the run that the serving bridge starts; without one, run it here."""
    if is_served(settings):
        return follow_release(
            settings, store, release, is_worked_on=lambda: is_served(settings), show=show
        )
    with run_here(settings, store, release.app) as thread:
        return follow_release(settings, store, release, is_worked_on=thread.is_alive, show=show)
