# SPDX-License-Identifier: GPL-3.0-or-later
"""Look up what was done: runs and their logs."""

from __future__ import annotations

from pathlib import Path

import click

from webhook_bridge.cli.completion import app_names
from webhook_bridge.cli.completion_ids import run_ids
from webhook_bridge.cli.follow import follow_log
from webhook_bridge.cli.installation import opened_store
from webhook_bridge.cli.output import (
    clock,
    full_option,
    json_option,
    print_json,
    print_reasons,
    print_table,
    say,
    say_lines,
    short_version,
)
from webhook_bridge.cli.parameters import NAME, limit_option
from webhook_bridge.config.apps_reloader import open_apps
from webhook_bridge.config.settings import load_settings
from webhook_bridge.domain.exit_codes import exit_code_of
from webhook_bridge.domain.verdicts import short
from webhook_bridge.operations import serializers
from webhook_bridge.operations.declared import declared_app
from webhook_bridge.store import runs as stored_runs


@click.command()
@click.argument("run_id", required=False, metavar="[RUN]", shell_complete=run_ids)
@click.option("--app", type=NAME, shell_complete=app_names, help="Only the runs of this app.")
@limit_option
@full_option
@json_option
@click.pass_obj
def runs(
    config: Path, run_id: str | None, app: str | None, limit: int, *, full: bool, as_json: bool
) -> None:
    """List runs, newest first; with RUN, what it did on each host."""
    settings = load_settings(config)
    store = opened_store(settings)
    if run_id is not None:
        with store.read() as connection:
            view = serializers.run_details(connection, serializers.one_run(connection, run_id))
        print_json(view) if as_json else print_run(view)
        return
    with store.read() as connection:
        latest = stored_runs.latest(connection, app=app, limit=limit)
        found = serializers.runs_view(connection, latest)
    if app is not None and not found:
        declared_app(store, open_apps(settings).current(), app)
    if as_json:
        print_json({"runs": found})
        return
    rows = [
        (
            one["id"][:8],
            clock(one["started_at"]),
            one["app"],
            one["kind"],
            one["state"],
            _why(one, full=full),
        )
        for one in found
    ]
    columns = ("RUN", "STARTED (UTC)", "APP", "KIND", "STATE", "WHY")
    print_table(columns, rows, empty="Nothing has been run yet.", full=full)


def _why(run: serializers.View, *, full: bool) -> str:
    """Return what the run brought, and the first line of how that ended."""
    reason = str(run["reason"]).partition("\n")[0]
    version = run["version"] if full else short_version(run["version"])
    version = version or short(run["digest"])
    return f"{version}: {reason}" if reason else version


def print_run(view: serializers.View) -> None:
    """Print one run with its hosts, and the last words of the containers that failed."""
    say(f"run {view['id']}  {view['kind']} of {view['app']}: {view['state']}")
    say(f"digest {view['release']['digest']}  ({_named(view['release'])})")
    say_lines(str(view["reason"] or ""))
    rows = [
        (one["host"], one["outcome"], one["health"], one["container"]) for one in view["outcomes"]
    ]
    columns = ("HOST", "OUTCOME", "HEALTH", "CONTAINER")
    print_table(columns, rows, empty="No host has reported.")
    print_reasons(_reasons(view))
    for one in view["outcomes"]:
        for line in one["log"]:
            say(f"  {one['host']} | {line}")


def _named(release: serializers.View) -> str:
    """Return a release's tag and what its image's labels say of it."""
    labels = release["labels"] or {}
    said = [release["tag"] or "no tag"]
    if labels.get("version"):
        said.append(f"version {release['version']}")
    elif labels.get("revision"):
        said.append(f"revision {labels['revision']}")
    return ", ".join(said)


def _reasons(view: serializers.View) -> dict[str, str | None]:
    """Return why each host ended so, without repeating what the run's own reason says."""
    said = str(view["reason"] or "")
    whys = {one["host"]: str(one["reason"] or "") for one in view["outcomes"]}
    return {
        host: "as above" if why and why in said else why
        for host, why in whys.items()
        if f"{host}: {why}" not in said
    }


@click.command()
@click.argument("run_id", metavar="RUN", shell_complete=run_ids)
@click.option("--follow", "-f", is_flag=True, help="Go on until the run ends.")
@click.pass_context
def logs(context: click.Context, run_id: str, *, follow: bool) -> None:
    """Print what Ansible printed in a run."""
    settings = load_settings(context.obj)
    store = opened_store(settings)
    with store.read() as connection:
        run = serializers.one_run(connection, run_id)
    state = follow_log(settings, store, run, follow=follow)
    if follow:
        context.exit(exit_code_of(state))
