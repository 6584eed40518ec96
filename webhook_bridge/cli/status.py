# SPDX-License-Identifier: GPL-3.0-or-later
"""See what should run, what runs where, and where that differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import click

from webhook_bridge.cli.completion import app_names
from webhook_bridge.cli.installation import opened_store
from webhook_bridge.cli.output import (
    clock,
    full_option,
    json_option,
    print_json,
    print_reasons,
    print_table,
    say,
    short_version,
)
from webhook_bridge.config.apps import Apps, find_app
from webhook_bridge.config.apps_reloader import open_apps
from webhook_bridge.config.settings import load_settings
from webhook_bridge.domain.exit_codes import ExitCode, worst
from webhook_bridge.domain.removal import Orphan
from webhook_bridge.domain.verdicts import short
from webhook_bridge.operations import serializers
from webhook_bridge.operations.app_serializers import app_views
from webhook_bridge.runs.removal import orphans

# What is neither good nor a failure: nothing is as wanted yet.
_NOT_YET = ("never deployed", "waiting", "running", "partial", "canceled", "superseded")


@click.command()
@click.argument("app", required=False, shell_complete=app_names)
@full_option
@json_option
@click.pass_context
def status(context: click.Context, app: str | None, *, full: bool, as_json: bool) -> None:
    """Show what should run, and what runs where.

    With APP also how its hosts differ from that, what its last run did on each of them, and what
    is held. Ends with 0 where all is as wanted, with 1 where a rollout failed, and with 3 where
    hosts differ, a run goes on, or an app was never deployed or left the apps file.
    """
    settings = load_settings(context.obj)
    apps = open_apps(settings).current()
    with opened_store(settings).read() as connection:
        left = [one for one in orphans(connection, apps) if app in (None, one.app)]
        chosen = _chosen(apps, app, left)
        found = app_views(connection, chosen)
    if as_json:
        print_json({"apps": found, "orphans": [asdict(one) for one in left]})
    else:
        if found or app is None:
            _print_apps(found, full=full)
        for one in left:
            say(one.sentence)
        if app in chosen:
            print_hosts(found[0], full=full)
    codes = [exit_code(one) for one in found]
    context.exit(worst([*codes, *([ExitCode.PARTIAL] if left else [])]))


def _print_apps(found: Sequence[serializers.View], *, full: bool) -> None:
    print_table(
        ("APP", "STATE", "VERSION", "DIGEST", "HOSTS", "WHY"),
        [_status_row(one) for one in found],
        empty="No app is declared.",
        full=full,
        shrinks=["VERSION"],
    )


def exit_code(app: serializers.View) -> ExitCode:
    """Return whether an app runs as it should: OK, PARTIAL where not yet, FAILED for a failure."""
    if app["state"] in _NOT_YET or app["inventory"]["reason"]:
        return ExitCode.PARTIAL
    differs = any(one["drift"] is not None or not one["reached"] for one in app["observed"])
    if app["state"] == "succeeded":
        return ExitCode.PARTIAL if differs or app["pending_hosts"] else ExitCode.OK
    return ExitCode.FAILED


def _chosen(apps: Apps, app: str | None, left: Sequence[Orphan]) -> Apps:
    """Return the declared apps to show; none for one that left the file."""
    if app is None:
        return apps
    return {} if left else {app: find_app(apps, app)}


def _status_row(app: serializers.View) -> tuple[object, ...]:
    release = app["release"]
    wanted = None if release is None else release["digest"]
    running = _running(app)
    on_it = [host for host, digest in running.items() if wanted is not None and digest == wanted]
    return (
        app["app"],
        app["state"],
        app["track"] if release is None else release["version"],
        None if release is None else short(release["digest"]),
        f"{len(on_it)}/{len(running)}",
        _why(app),
    )


def _why(app: serializers.View) -> str | None:
    """Return why the app is as it is: how hosts differ, and what its last run says.

    A run that failed comes first: the hosts may differ because of it.
    """
    run = app["last_run"]
    if app["state"] == "running":
        return _progress(app)
    said = "" if run is None else str(run["reason"]).partition("\n")[0]
    remarks = _summary(app)
    remarks = [*_inventory_remark(app), *remarks]
    parts = [*remarks, said] if app["state"] == "succeeded" else [said, *remarks]
    return "; ".join(part for part in parts if part) or None


def _inventory_remark(app: serializers.View) -> list[str]:
    """Return why its hosts are not known as they are now; the last run may say it already."""
    run, reason = app["last_run"], app["inventory"]["reason"]
    told = run is not None and reason and reason in str(run["reason"])
    since = app["inventory"]["read_at"]
    as_of = f" (hosts as of {since})" if since else ""
    return [f"{reason}{as_of}"] if reason and not told else []


def _progress(app: serializers.View) -> str:
    """Return what a run that goes on has done so far."""
    told = [f"{one['host']} {one['outcome']}" for one in app["outcomes"] if one["in_last_run"]]
    so_far = f"so far {', '.join(told)}" if told else "no host has reported yet"
    return f"run {app['last_run']['id'][:8]} goes on: {so_far}"


def _summary(app: serializers.View) -> list[str]:
    """Return how the hosts differ, each way once."""
    hosts: dict[str, list[str]] = {}
    for one in app["observed"]:
        for remark in _remarks(one):
            hosts.setdefault(remark, []).append(one["host"])
    options = _options_summary(app)
    named = {
        remark for one in app["observed"] if _has_other_options(one) for remark in _remarks(one)
    }
    return options + [
        f"{', '.join(found)} {remark}" for remark, found in hosts.items() if remark not in named
    ]


def _has_other_options(host: serializers.View) -> bool:
    return host["drift"] is not None and host["drift"]["reason"] == "options"


def _options_summary(app: serializers.View) -> list[str]:
    """Return how many hosts run other options, which these are, and what rolls them out."""
    drifts = [one["drift"] for one in app["observed"] if _has_other_options(one)]
    if not drifts:
        return []
    names = sorted({name for drift in drifts for name in drift["options"]})
    count = f"{len(drifts)} of {len(app['observed'])} hosts"
    return [
        f"{count} run other options: {', '.join(names)}",
        f"to roll these out: longshore deploy {app['app']} --same",
    ]


def _remarks(host: serializers.View) -> list[str]:
    """Return how a host differs, and since when nobody has reached it."""
    said = [] if host["drift"] is None else [str(host["drift"]["sentence"])]
    if not host["reached"] and host["seen_at"] is not None:
        said.append(f"not reached since {clock(host['seen_at'])} UTC")
    return said


def _running(app: serializers.View) -> dict[str, str | None]:
    """Return the digest that each host runs, as far as anybody has seen it."""
    told = {one["host"]: one["running"] for one in app["outcomes"]}
    seen = {one["host"]: one["digest"] for one in app["observed"] if one["digest"] is not None}
    return dict(sorted((told | seen).items()))


def _versions(app: serializers.View) -> dict[str | None, str | None]:
    """Return what people call each digest that a host runs."""
    told = {one["running"]: one["running_version"] for one in app["outcomes"]}
    return told | {one["digest"]: one["version"] for one in app["observed"]}


def _shown(running: str | None, version: str | None) -> str:
    if running is None:
        return "not seen yet"
    return _with_version(running, version) if running else "nothing"


def _with_version(digest: str, version: str | None) -> str:
    return " ".join(part for part in (version, short(digest)) if part)


def print_hosts(app: serializers.View, *, full: bool = False) -> None:
    """Print what each host of an app runs, how that differs, why, and what is held.

    Not `full`, a version that is longer than most is cut.
    """
    say()
    columns = ("HOST", "RUNS", "HEALTH", "DRIFT", "LAST OUTCOME")
    print_table(columns, _host_rows(app, full=full), empty="No host has reported yet.")
    print_reasons(_reasons(app))
    for digest, reason in app["held"].items():
        say(
            f"held: {_with_version(digest, app['held_versions'][digest])} was {reason}; "
            "to deploy it: longshore deploy "
            f"{app['app']} --digest {short(digest)}"
        )


def _host_rows(app: serializers.View, *, full: bool) -> list[tuple[object, ...]]:
    running, versions = _running(app), _versions(app)
    if not full:
        versions = {digest: short_version(version) for digest, version in versions.items()}
    return [
        (
            host,
            _shown(running.get(host), versions.get(running.get(host))),
            *_told(app, actual, outcome),
        )
        for host, actual, outcome in _hosts(app)
    ]


def _hosts(
    app: serializers.View,
) -> list[tuple[str, serializers.View | None, serializers.View | None]]:
    """Return each host with what is known of it, and with the last outcome there."""
    outcomes = {one["host"]: one for one in app["outcomes"]}
    actual = {one["host"]: one for one in app["observed"]}
    return [(host, actual.get(host), outcomes.get(host)) for host in sorted({*outcomes, *actual})]


def _waits(app: serializers.View, host: str, outcome: serializers.View | None) -> bool:
    """Say whether a run goes on that has not come to this host: what was before says nothing."""
    if app["state"] != "running" or (outcome is not None and outcome["in_last_run"]):
        return False
    hosts = app["last_run"]["hosts"]
    return not hosts or host in hosts


def _told(
    app: serializers.View, actual: serializers.View | None, outcome: serializers.View | None
) -> tuple[object, ...]:
    """Return the health of what a host runs, how it differs, and its last outcome."""
    word = None if outcome is None else outcome["outcome"]
    if actual is None:
        return None, None, word
    if _waits(app, actual["host"], outcome):
        return actual["health"], None, "waiting"
    drift = actual["drift"]
    return actual["health"], None if drift is None else drift["reason"], word


def _reasons(app: serializers.View) -> dict[str, str | None]:
    """Return why each host is as it is; what the table says already is left out."""
    said: dict[str, str | None] = {}
    for host, actual, outcome in _hosts(app):
        if not _waits(app, host, outcome):
            reason = "" if outcome is None else str(outcome["reason"])
            remarks = [] if actual is None else _remarks(actual)
            said[host] = "; ".join(part for part in (*remarks, reason) if part)
    return said
