# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables for people, JSON for programs: all that a command prints goes through here.

What others sent is in nearly all of it, and a terminal obeys some characters: those that steer it,
and those that turn the direction of what is read.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.text import Text

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")

_COLOURS = {
    "succeeded": "green",
    "updated": "green",
    "released": "green",
    "restored": "yellow",
    "partial": "yellow",
    "held": "yellow",
    "unreachable": "yellow",
    "registry_trouble": "yellow",
    "canceled": "yellow",
    "superseded": "yellow",
    "running": "cyan",
    "waiting": "cyan",
    "failed": "red",
}
# Of a reason in a list, in a pipe: on a terminal its width cuts before.
_LONGEST_REASON = 100
full_option = click.option("--full", is_flag=True, help="Print reasons whole.")
_PLAIN = " -~\n"
_OTHERS = re.compile(f"[^{_PLAIN}]")


def say(text: str = "", *, err: bool = False) -> None:
    """Print one line."""
    click.echo(printable(text), err=err)


def say_lines(text: str, *, before: str = "", err: bool = False) -> None:
    """Print a text of several lines; more than line feeds would let others forge one."""
    for line in text.split("\n"):
        say(before + line, err=err)


def say_part(text: str) -> None:
    """Print a part of a text that breaks anywhere."""
    click.echo(printable(text, keep="\n\t"), nl=False)


def print_json(data: Any, *, indent: int | None = 2) -> None:
    """Print data as JSON that decodes to the same, and is readable where that is safe."""
    text = json.dumps(data, indent=indent, ensure_ascii=False)
    click.echo(_OTHERS.sub(_escaped, text))


def _escaped(found: re.Match[str]) -> str:
    """Return a character as it is, or as JSON escapes it: it can only be inside a string."""
    character = found[0]
    return character if character.isprintable() else json.dumps(character)[1:-1]


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str, full: bool = True
) -> None:
    """Print rows under column names, or a sentence when there is none.

    On a terminal the last column folds to the width; in a pipe every row is one line. Not `full`,
    that column is cut, so that every row is one short line everywhere.
    """
    if not rows:
        say(empty)
        return
    from rich.console import Console  # noqa: PLC0415 -- slow import
    from rich.table import Table  # noqa: PLC0415 -- slow import

    console = Console(highlight=False, soft_wrap=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=10_000)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns[:-1]:
        table.add_column(name, overflow="fold", no_wrap=True)
    table.add_column(columns[-1], overflow="fold" if full else "ellipsis", no_wrap=not full)
    for row in rows:
        last = row[-1] if full else cut(row[-1])
        table.add_row(*(_cell(value) for value in (*row[:-1], last)))
    console.print(table, crop=False)


def cut(reason: object) -> object:
    """Return the first line of a reason, cut after a word where it is long."""
    if not isinstance(reason, str):
        return reason
    first = reason.partition("\n")[0]
    return textwrap.shorten(first, _LONGEST_REASON, placeholder=" …")


def print_reasons(reasons: Mapping[str, str | None]) -> None:
    """Print the whole reason of each host, once where several have the same."""
    hosts: dict[str, list[str]] = {}
    for host, reason in reasons.items():
        if reason:
            hosts.setdefault(reason, []).append(host)
    for reason, named in hosts.items():
        say(f"{', '.join(named)}: {reason}")


def _cell(value: object) -> Text:
    from rich.text import Text  # noqa: PLC0415 -- slow import

    text = "-" if value is None or value == "" else str(value)
    return Text(printable(text), style=_COLOURS.get(text, ""))


def printable(text: str, *, keep: str = "") -> str:
    """Return text that cannot steer a terminal: what others sent is shown, never obeyed."""
    return "".join(c if c.isprintable() or c in keep else " " for c in text)


def clock(moment: str | None) -> str:
    """Return the part of an RFC 3339 time that people read in a table."""
    return "-" if moment is None else moment[:19].replace("T", " ")
