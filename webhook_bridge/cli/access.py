# SPDX-License-Identifier: GPL-3.0-or-later
"""Options and sentences that the commands about users, sessions and tokens share."""

from __future__ import annotations

import click

from webhook_bridge.cli.completion import app_names
from webhook_bridge.config.apps import find_app, read_apps
from webhook_bridge.config.durations import parse_duration
from webhook_bridge.config.settings import Settings
from webhook_bridge.domain.references import shown
from webhook_bridge.domain.roles import ROLES

_DAY = 86400.0
_LONGEST_LINK = _DAY

apps_option = click.option(
    "--app",
    "apps",
    metavar="APP",
    multiple=True,
    shell_complete=app_names,
    help="Only for this app; may be given again.",
)
ROLE = click.Choice(ROLES)


class LinkDuration(click.ParamType[float]):
    """How long a sign-in link is good."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the seconds; a link that is good for long is one that somebody finds."""
        seconds = _seconds(self, value, param, ctx)
        if seconds > _LONGEST_LINK:
            self.fail(f"{shown(value)} must be at most 24h", param, ctx)
        return seconds


class Expiry(click.ParamType[float | None]):
    """When a token ends."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | None:
        """Return the seconds; None for `never`."""
        return None if value == "never" else _seconds(self, value, param, ctx)


def _seconds(
    kind: click.ParamType[float] | click.ParamType[float | None],
    value: object,
    param: click.Parameter | None,
    ctx: click.Context | None,
) -> float:
    try:
        return parse_duration(value)
    except ValueError as error:
        kind.fail(f"{shown(value)} {error}", param, ctx)


link_option = click.option(
    "--link-expires",
    type=LinkDuration(),
    default="1h",
    show_default=True,
    help="How long the link is good, at most 24h.",
)


def demand_declared(settings: Settings, apps: tuple[str, ...]) -> None:
    """Raise NotFound for an app that is not declared: a role for it would mean nothing."""
    declared, _ = read_apps(settings.ansible.apps_file)
    for app in apps:
        find_app(declared, app)
