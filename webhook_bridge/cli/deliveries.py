# SPDX-License-Identifier: GPL-3.0-or-later
"""Look up what the hooks received, what came of it, and repeat it."""

from __future__ import annotations

from pathlib import Path

import click

from webhook_bridge.cli.completion import hook_names
from webhook_bridge.cli.completion_ids import delivery_ids
from webhook_bridge.cli.installation import actor, opened_store
from webhook_bridge.cli.output import (
    clock,
    full_option,
    json_option,
    print_json,
    print_table,
    say,
    say_lines,
    version_and_tag,
)
from webhook_bridge.cli.parameters import NAME, SINCE, VERDICT, limit_option
from webhook_bridge.cli.runs import print_run
from webhook_bridge.config.apps_reloader import open_apps
from webhook_bridge.config.settings import Settings, load_settings
from webhook_bridge.domain.deliveries import WAITING, Delivery, Wanted
from webhook_bridge.domain.verdicts import short
from webhook_bridge.errors import NotFound, Refused
from webhook_bridge.operations import serializers
from webhook_bridge.operations.curl_command import curl_command
from webhook_bridge.operations.delivery_serializers import (
    delivery_details,
    delivery_view,
    one_delivery,
    rejected_view,
)
from webhook_bridge.operations.redelivery import dry_run
from webhook_bridge.operations.redelivery import redeliver as store_again
from webhook_bridge.registry.client import RegistryClient
from webhook_bridge.store import Store, rejected
from webhook_bridge.store import deliveries as stored_deliveries


@click.command()
@click.argument("delivery_id", required=False, metavar="[DELIVERY]", shell_complete=delivery_ids)
@click.option("--hook", type=NAME, shell_complete=hook_names, help="Only what came to this hook.")
@click.option("--verdict", type=VERDICT, help="Only these.")
@click.option("--since", type=SINCE, default=0.0, help="Not older: 2h, or 2026-12-31T12:00.")
@click.option("--rejected", "refused", is_flag=True, help="What hooks refused, instead.")
@limit_option
@full_option
@json_option
@click.pass_obj
def deliveries(
    config: Path,
    delivery_id: str | None,
    hook: str | None,
    verdict: str | None,
    since: float,
    limit: int,
    *,
    refused: bool,
    full: bool,
    as_json: bool,
) -> None:
    """List what the hooks received, newest first.

    With DELIVERY, one of them as it came.
    """
    if refused and verdict is not None:
        raise click.UsageError("--verdict: requests that were refused have none")
    settings = load_settings(config)
    store = opened_store(settings)
    if hook is not None:
        _check_hook(settings, store, hook)
    if delivery_id is not None:
        _show(store, delivery_id, as_json=as_json)
    elif refused:
        _list_rejected(store, hook=hook, since=since, limit=limit, full=full, as_json=as_json)
    else:
        _list(store, Wanted(hook, verdict, since), limit=limit, full=full, as_json=as_json)


def _check_hook(settings: Settings, store: Store, hook: str) -> None:
    """Raise NotFound for a hook that is not configured and never received anything."""
    if hook in settings.hooks:
        return
    with store.read() as connection:
        received = stored_deliveries.matching(connection, Wanted(hook), limit=1)
        known = received or rejected.latest(connection, hook=hook, limit=1)
    if not known:
        hooks = ", ".join(sorted(settings.hooks)) or "none"
        raise NotFound(f"no hook {hook!r} is configured in longshore.toml; configured: {hooks}")


def _list(store: Store, wanted: Wanted, *, limit: int, full: bool, as_json: bool) -> None:
    with store.read() as connection:
        matching = stored_deliveries.matching(connection, wanted, limit=limit)
    found = [delivery_view(one) for one in matching]
    if as_json:
        print_json({"deliveries": found})
        return
    rows = [
        (one["id"][:8], clock(one["received_at"]), one["hook"], _verdict(one), one["detail"])
        for one in found
    ]
    nothing = "No delivery has come in yet." if wanted == Wanted() else "No such delivery."
    columns = ("DELIVERY", "RECEIVED (UTC)", "HOOK", "VERDICT", "WHY")
    print_table(columns, rows, empty=nothing, full=full)


def _list_rejected(
    store: Store, *, hook: str | None, since: float, limit: int, full: bool, as_json: bool
) -> None:
    with store.read() as connection:
        latest = rejected.latest(connection, hook=hook, since=since, limit=limit)
    found = [rejected_view(one) for one in latest]
    if as_json:
        print_json({"rejected": found})
        return
    rows = [
        (clock(one["received_at"]), one["hook"], one["status"], one["remote"], _refusal(one))
        for one in found
    ]
    columns = ("RECEIVED (UTC)", "HOOK", "STATUS", "FROM", "WHY")
    nothing = "No request to a hook was refused."
    print_table(columns, rows, empty=nothing, full=full, whole_in_pipe=True)


def _refusal(view: serializers.View) -> str:
    more = f" (and {view['more']} more that were not kept)" if view["more"] else ""
    return f"{view['detail']}{more}"


@click.command()
@click.argument("delivery_id", metavar="DELIVERY", shell_complete=delivery_ids)
@click.option("--curl", is_flag=True, help="Print a command that sends it by hand instead.")
@json_option
@click.pass_obj
def delivery(config: Path, delivery_id: str, *, curl: bool, as_json: bool) -> None:
    """Show one delivery: as it came, its verdict, and what it led to."""
    settings = load_settings(config)
    store = opened_store(settings)
    if curl:
        with store.read() as connection:
            say_lines(_curl(settings, one_delivery(connection, delivery_id)))
    else:
        _show(store, delivery_id, as_json=as_json)


def _curl(settings: Settings, found: Delivery) -> str:
    hook = settings.hooks.get(found.hook)
    if hook is not None and not hook.sender.over_http:
        raise Refused(
            "no_url",
            f"hook {hook.name} has no URL, its deliveries come through a queue: "
            f"longshore redeliver {found.id} takes this one in once more",
        )
    return curl_command(
        f"http://{settings.server.listen}/hooks/{found.hook}",
        headers=found.headers,
        body=found.body,
        scheme=None if hook is None else hook.sender.scheme,
    )


@click.command()
@click.argument("delivery_id", metavar="DELIVERY", shell_complete=delivery_ids)
@click.option("--dry-run", is_flag=True, help="Only say what its verdict would be now, and why.")
@json_option
@click.pass_obj
def redeliver(config: Path, delivery_id: str, *, dry_run: bool, as_json: bool) -> None:
    """Take a delivery in once more, as if it came now.

    It gets an id and a verdict of its own, from the bridge that serves.
    """
    settings = load_settings(config)
    store = opened_store(settings)
    with store.read() as connection:
        original = one_delivery(connection, delivery_id)
    if dry_run:
        _rehearse(settings, store, original, as_json=as_json)
        return
    identifier = store_again(store, original, actor=actor())
    if as_json:
        print_json({"delivery": identifier})
    else:
        say(f"delivery {identifier} repeats {original.id}; longshore delivery {identifier[:8]}")


def _rehearse(settings: Settings, store: Store, original: Delivery, *, as_json: bool) -> None:
    foreseen = dry_run(
        store,
        original,
        hooks=settings.hooks,
        apps=open_apps(settings).current(),
        registry=RegistryClient(settings.registries),
        patience=settings.deploy.registry_patience,
    )
    if as_json:
        print_json({"verdict": foreseen.code, "detail": foreseen.detail})
    else:
        say(f"would be {foreseen.code or WAITING}: {foreseen.detail}")


def _show(store: Store, delivery_id: str, *, as_json: bool) -> None:
    with store.read() as connection:
        view = delivery_details(connection, one_delivery(connection, delivery_id))
    print_json(view) if as_json else _print_delivery(view)


def _print_delivery(view: serializers.View) -> None:
    say(f"delivery {view['id']} to hook {view['hook']} ({view['source']})")
    say(f"received {view['received_at']} from {view['remote']}")
    say(f"{_verdict(view)}: {view['detail'] or ''}")
    say()
    for name, value in view["headers"].items():
        say(f"{name}: {value}")
    say()
    say_lines(view["body"].rstrip("\n"))
    for release in view["releases"]:
        say()
        named = version_and_tag(release) or short(release["digest"])
        say(f"release {release['id']} of {release['app']} ({named}): {release['state']}")
        for run in release["runs"]:
            print_run(run)


def _verdict(view: serializers.View) -> str:
    if view["verdict"] is not None:
        return str(view["verdict"])
    return WAITING if view["retry_at"] is None else f"again at {clock(view['retry_at'])}"
