# SPDX-License-Identifier: GPL-3.0-or-later
"""Options whose values are read as those of the API are, and refused in the same words."""

from __future__ import annotations

from collections.abc import Callable, Collection

import click
from click.shell_completion import CompletionItem

from webhook_bridge.domain.deliveries import WAITING
from webhook_bridge.domain.references import shown
from webhook_bridge.domain.verdicts import VERDICTS
from webhook_bridge.operations.parameters import duration, moment, one_of, short_text, whole_number


class Read(click.ParamType[object]):
    """A value that a reader of webhook_bridge.parameters takes; a default is taken as it is."""

    def __init__(
        self, name: str, read: Callable[[str], object], *, words: Collection[str] = ()
    ) -> None:
        self.name = name
        self._read = read
        self._words = words

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the words that start so."""
        del ctx, param
        return [CompletionItem(word) for word in self._words if word.startswith(incomplete)]

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> object:
        """Return the value that a text means."""
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except ValueError as error:
            self.fail(f"{shown(value)} {error}", param, ctx)


NAME = Read("name", short_text)
VERDICT = Read("code", one_of([*VERDICTS, WAITING]), words=[*VERDICTS, WAITING])
SINCE = Read("time", moment)
DURATION = Read("duration", duration)
limit_option = click.option(
    "--limit",
    default=20,
    type=Read("number", whole_number(1, 10_000)),
    show_default=True,
    help="How many.",
)
