# SPDX-License-Identifier: GPL-3.0-or-later
"""Show what an app's rule makes of the tags at its registry."""

from __future__ import annotations

from pathlib import Path

import click

from webhook_bridge.cli.completion import app_names
from webhook_bridge.cli.installation import opened_store
from webhook_bridge.cli.output import json_option, print_json, print_table, say
from webhook_bridge.cli.parameters import limit_option
from webhook_bridge.config.apps_reloader import open_apps
from webhook_bridge.config.settings import load_settings
from webhook_bridge.domain.verdicts import short
from webhook_bridge.operations.declared import declared_app
from webhook_bridge.operations.serializers import View
from webhook_bridge.operations.tag_review import tags_view
from webhook_bridge.registry.client import RegistryClient


@click.command()
@click.argument("app", shell_complete=app_names)
@limit_option
@json_option
@click.pass_obj
def tags(config: Path, app: str, limit: int, *, as_json: bool) -> None:
    """Show which tags of its image APP takes, the newest first, and why not the others."""
    settings = load_settings(config)
    store = opened_store(settings)
    declared = declared_app(store, open_apps(settings).current(), app)
    registry = RegistryClient(settings.registries)
    view = tags_view(store, registry, name=app, app=declared, limit=limit)
    if as_json:
        print_json(view)
        return
    say(_summary(view))
    rows = [
        (one["tag"], "no" if one["why_not"] else "yes", one["order"], one["why_not"])
        for one in view["tags"]
    ]
    print_table(("TAG", "TAKEN", "ORDERED BY", "WHY NOT"), rows, empty="The registry lists no tag.")
    for note in view["notes"]:
        say(f"note: {note}")
    if view["more"]:
        say(f"and {view['more']} more: --limit shows them")


def _summary(view: View) -> str:
    newest = "nothing" if view["newest"] is None else f"{view['newest']} ({short(view['digest'])})"
    wanted = view["desired"]
    shown = "nothing"
    if wanted is not None:
        shown = f"{wanted['tag'] or 'a digest'} ({short(wanted['digest'])})"
    return f"{view['app']}: track {view['track']} takes {newest} now; desired is {shown}"
