# SPDX-License-Identifier: GPL-3.0-or-later
"""Hooks and their secrets."""

from __future__ import annotations

import time
from pathlib import Path

import click

from webhook_bridge.cli.completion import hook_names
from webhook_bridge.cli.lazy_group import examples_text
from webhook_bridge.cli.output import json_option, print_json, print_table, say
from webhook_bridge.config.durations import parse_duration
from webhook_bridge.config.hooks import Hook, secret_variable
from webhook_bridge.config.secret_files import new_secret, read_dated_secrets, replace_secret
from webhook_bridge.config.settings import load_settings
from webhook_bridge.errors import NotFound, Refused
from webhook_bridge.operations.timestamps import timestamp
from webhook_bridge.queues.base import QueueTable
from webhook_bridge.receiving.queue_messages import PATH_SECRET

_DAY = 86400.0
OLD_AFTER_DAYS = 90


@click.group()
def hook() -> None:
    """Hooks and their secrets."""


class _Duration(click.ParamType[float]):
    """A duration as in the settings; 0 for none at all."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            return 0.0 if str(value) == "0" else parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@hook.command(epilog=examples_text("longshore hook rotate hub --keep-old-for 2h"))
@click.argument("name", shell_complete=hook_names)
@click.option(
    "--keep-old-for",
    type=_Duration(),
    default="24h",
    show_default=True,
    help="How long the secret before stays good; 0 ends it at once.",
)
@click.pass_obj
def rotate(config: Path, name: str, keep_old_for: float) -> None:
    """Give a hook a new secret; the one before stays good for a while.

    A bridge that serves takes both from the next second on, without a restart.
    """
    found = _find(config, name)
    if found.secret_file is None:
        raise Refused("no_secret_file", _without_file(found))
    try:
        replace_secret(found.secret_file, new_secret(), keep_old_for=keep_old_for)
    except ValueError as error:
        raise Refused("secret_file", str(error)) from None
    say(f"hook {name}: a new secret is on the first line of {found.secret_file}")
    say(f"give the sender: {address(found)}")
    if keep_old_for:
        say(f"the secret before is good until {timestamp(time.time() + keep_old_for)}")


@hook.command("list", epilog=examples_text("longshore hook list --json"))
@json_option
@click.pass_obj
def list_hooks(config: Path, *, as_json: bool) -> None:
    """List the hooks, how old their secrets are, and what their senders are given."""
    hooks = load_settings(config).hooks
    rows = [_row(hooks[name]) for name in sorted(hooks)]
    if as_json:
        keys = ("hook", "source", "secret_age_days", "good_secrets", "address")
        print_json({"hooks": [dict(zip(keys, row, strict=True)) for row in rows]})
        return
    columns = ("HOOK", "SOURCE", "DAYS", "SECRETS", "GIVE THE SENDER")
    print_table(columns, rows, empty="No hook is configured.")


def _row(found: Hook) -> tuple[str, str, int | None, int, str]:
    age = secret_age_days(found)
    return found.name, found.source, age, len(found.secrets), address(found)


def _find(config: Path, name: str) -> Hook:
    hooks = load_settings(config).hooks
    if name not in hooks:
        raise NotFound(f"{config}: there is no hook {name!r}; hooks: {', '.join(sorted(hooks))}")
    return hooks[name]


def _without_file(found: Hook) -> str:
    if not found.sender.needs_secret:
        return f"hook {found.name} shares no secret with its sender: there is none to replace"
    return (
        f"hook {found.name} has its secret from {secret_variable(found.name)}: change it there "
        "(one line each for the new and the old one), and restart the bridge"
    )


def address(found: Hook) -> str:
    """Return what the sender has to be given: the hook's URL, or the queue that it has instead."""
    queue = found.sender.queue
    url = _url(found) if found.sender.over_http else None
    return " or ".join(filter(None, [url, None if queue is None else _queue(found, queue)]))


def _queue(found: Hook, queue: QueueTable) -> str:
    if queue.proof == "queue":
        return f"the queue {queue.place}"
    scheme = found.sender.scheme
    shown = f"{PATH_SECRET}: SECRET" if scheme.place == "path" else scheme.describe()
    return f"the queue {queue.place}, as attributes of a message, with {shown}"


def _url(found: Hook) -> str:
    scheme = found.sender.scheme
    if scheme.place == "path":
        return f"/hooks/{found.name}/SECRET"
    return f"/hooks/{found.name} with {scheme.describe()}"


def secret_age_days(found: Hook) -> int | None:
    """Return for how many days a hook's secrets have not been changed; None without a file."""
    if found.secret_file is None:
        return None
    return int((time.time() - found.secret_file.stat().st_mtime) / _DAY)


def age_warning(found: Hook) -> str | None:
    """Return what to say of a secret that is old, or of one that was replaced but still good."""
    age = secret_age_days(found)
    if found.secret_file is None or age is None or age <= OLD_AFTER_DAYS:
        return None
    lasting = [one for one in read_dated_secrets(found.secret_file) if one.expires is None]
    many = f" ({len(lasting)} of them)" if len(lasting) > 1 else ""
    return (
        f"hook {found.name}: its secret{many} is {age} days old; longshore hook rotate {found.name}"
    )
