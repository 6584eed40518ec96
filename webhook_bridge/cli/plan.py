# SPDX-License-Identifier: GPL-3.0-or-later
"""See what a deployment would do, before it is asked for."""

from __future__ import annotations

import time
from enum import IntEnum
from typing import Any

import click

from webhook_bridge.cli.completion import app_names
from webhook_bridge.cli.completion_ids import known_digests
from webhook_bridge.cli.installation import opened_store
from webhook_bridge.cli.output import clock, json_option, print_json, print_table, say
from webhook_bridge.config.apps_reloader import open_apps
from webhook_bridge.config.settings import load_settings
from webhook_bridge.errors import ConfigurationError, LongshoreError, Refused
from webhook_bridge.executor.inventory import hosts_of_apps
from webhook_bridge.operations.declared import declared_app
from webhook_bridge.operations.plan import Wanted, plan_view
from webhook_bridge.operations.plan_text import change_text, target_text
from webhook_bridge.operations.serializers import View
from webhook_bridge.registry.client import RegistryClient


class PlanCode(IntEnum):
    """The exit codes of this command, as those of other tools that plan."""

    NOTHING = 0
    TROUBLE = 1
    CHANGES = 2


class _WrongUsage(click.UsageError):
    exit_code = PlanCode.TROUBLE


class _Trouble(LongshoreError):
    """Ends with 1 whatever it is, and keeps its code for programs."""

    def __init__(self, error: LongshoreError) -> None:
        super().__init__(str(error))
        self.code = error.code


class _PlanCommand(click.Command):
    """Ends with 1 for wrong usage too: 2 says that something would change."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the arguments."""
        try:
            return super().make_context(*args, **kwargs)
        except click.UsageError as error:
            raise _WrongUsage(error.message, error.ctx) from error


@click.command(cls=_PlanCommand)
@click.argument("app", required=False, shell_complete=app_names)
@click.option("--tag", help="What this tag means now; default: the tag that is tracked.")
@click.option(
    "--digest", shell_complete=known_digests, help="This digest, or the one that starts so."
)
@click.option("--same", is_flag=True, help="The release that is desired, with its options now.")
@json_option
@click.pass_context
def plan(
    context: click.Context,
    app: str | None,
    tag: str | None,
    digest: str | None,
    *,
    same: bool,
    as_json: bool,
) -> None:
    """Show what deploying APP, or every app, would do; nothing is changed.

    It goes by what was seen of the hosts last, and asks none of them. Ends with 0 where there is
    nothing to do, with 2 where something would change, and with 1 where nothing can be deployed.
    """
    try:
        found = _plans(context, app, Wanted(tag, digest, same))
    except (ConfigurationError, Refused) as error:
        raise _Trouble(error) from error
    if as_json:
        print_json({"plans": found})
    else:
        for one in found:
            _print_plan(one)
    context.exit(_exit_code(found))


def _plans(context: click.Context, app: str | None, wanted: Wanted) -> list[View]:
    if app is None and (wanted.tag is not None or wanted.digest is not None):
        raise _WrongUsage("--tag and --digest are of one app: name APP")
    settings = load_settings(context.obj)
    apps, store = open_apps(settings).current(), opened_store(settings)
    chosen = apps if app is None else {app: declared_app(store, apps, app)}
    registry = RegistryClient(settings.registries)
    hosts, now = hosts_of_apps(settings, chosen), time.time()
    return [
        plan_view(store, registry, apps, name=name, wanted=wanted, hosts=hosts[name], hosts_at=now)
        for name in chosen
    ]


def _exit_code(found: list[View]) -> PlanCode:
    if any(one["problem"] is not None for one in found):
        return PlanCode.TROUBLE
    return PlanCode.CHANGES if any(one["changes"] for one in found) else PlanCode.NOTHING


def _print_plan(plan: View) -> None:
    say(plan["sentence"])
    if not plan["hosts"]:
        return
    batch_of = {host: n for n, batch in enumerate(plan["batches"], 1) for host in batch}
    to = target_text(plan)
    rows = [
        (one["host"], batch_of.get(one["host"]), one["change"], change_text(one, to))
        for one in plan["hosts"]
    ]
    print_table(("HOST", "BATCH", "CHANGE", "WHAT"), rows, empty="")
    known = "no host was seen yet" if plan["known_at"] is None else _since(plan)
    say(f"By what was seen of the hosts: {known}. To look again: longshore reconcile {plan['app']}")


def _since(plan: View) -> str:
    return f"the oldest is of {clock(plan['known_at'])} UTC"
