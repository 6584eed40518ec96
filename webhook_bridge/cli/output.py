# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables for people, JSON for programs: all that a command prints goes through here.

What others sent is in nearly all of it, and a terminal obeys some characters: those that steer it,
and those that turn the direction of what is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.panel import Panel
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
Table = tuple[Sequence[str], Sequence[Sequence[object]]]
"""The names of columns, and rows."""

# Of a reason in a list, in a pipe: on a terminal its width cuts.
_LONGEST_REASON = 100
_LONGEST_VERSION = 18
# Of the last column of a table that has given up columns already, in cells.
_LEAST_BRIEF = 12
_RECENT_S = 180 * 86400.0
# As in registry.example/acme/shop@sha256:…: its first 12 digits name it, as in all tables.
_WHOLE_DIGEST = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}(?![0-9a-f])")
full_option = click.option("--full", is_flag=True, help="Print the last column whole.")
# Of a table that has a `brief` form for narrow terminals.
full_columns_option = click.option(
    "--full", is_flag=True, help="Show all columns, and the last one whole."
)
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
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    empty: str,
    full: bool = True,
    whole_in_pipe: bool = False,
    shrinks: Sequence[str] = (),
    brief: Table | None = None,
) -> None:
    """Print rows under column names, or a sentence when there is none.

    All columns but the last, and but those named in `shrinks`, are always whole. On a terminal the
    last one folds to the width; not `full`, it is a short reason on one line. Where a row has no
    room on one line, `brief` has the columns and rows that stand there instead. In a pipe every row
    is one line, and a reason is short unless it is `full` or `whole_in_pipe`.
    """
    if not rows:
        say(empty)
        return
    from rich.console import Console  # noqa: PLC0415 -- slow import

    from webhook_bridge.cli.tables import LEAST_ROOM, fits, lines_of  # noqa: PLC0415 -- imports rich

    console = Console(highlight=False)
    width = console.width if console.is_terminal else None
    longest = None if console.is_terminal else _LONGEST_REASON
    is_cut = not full and (console.is_terminal or not whole_in_pipe)
    header, cells = _laid((columns, rows), longest, is_cut=is_cut)
    least = LEAST_ROOM
    if brief and width and not full and not fits(header, cells, width=width):
        columns, least = brief[0], _LEAST_BRIEF
        header, cells = _laid(brief, longest, is_cut=True)
    numbers = [list(columns).index(name) for name in shrinks]
    for line in lines_of(header, cells, width=width, full=full, shrinks=numbers, least=least):
        console.print(line, soft_wrap=True)


def _laid(
    table: Table, longest: int | None, *, is_cut: bool
) -> tuple[list[Text], list[list[Text]]]:
    """Return a table's header and cells; `is_cut` makes its last column a short reason."""
    from rich.text import Text  # noqa: PLC0415 -- slow import

    columns, rows = table
    if is_cut:
        rows = [(*row[:-1], short_reason(row[-1], longest)) for row in rows]
    header = [Text(name, style="bold") for name in columns]
    return header, [[_cell(value) for value in row] for row in rows]


def draw(console: Console, drawing: Text | Panel) -> None:
    """Print what is drawn already; each text in it went through `printable`."""
    console.print(drawing, soft_wrap=not hasattr(drawing, "border_style"))


def short_reason(reason: object, longest: int | None = None) -> object:
    """Return the first line of a reason with short digests, cut to `longest` cells if not None."""
    from webhook_bridge.cli.tables import cut_to  # noqa: PLC0415 -- imports rich

    if not isinstance(reason, str):
        return reason
    first = " ".join(reason.partition("\n")[0].split())
    text = _WHOLE_DIGEST.sub(r"\1", first)
    return text if longest is None else cut_to(text, longest)


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


def version_and_tag(release: Mapping[str, Any]) -> str | None:
    """Return what people call a release: its version, with the tag where that says another thing.

    As in `1.4.2 (0f3a9c1), latest`; the tag alone where the image says no version.
    """
    version, tag = release["version"], release["tag"]
    is_said = version is None or tag is None or str(version).split(" ", 1)[0] == tag
    return version if is_said else f"{version}, {tag}"


def short_version(version: str | None) -> str | None:
    """Return a version as it has room beside other things: its author may write 64 characters."""
    is_long = version is not None and len(version) > _LONGEST_VERSION
    return f"{str(version)[: _LONGEST_VERSION - 1]}…" if is_long else version


def clock(moment: str | None) -> str:
    """Return the part of an RFC 3339 time that people read in a table."""
    return "-" if moment is None else moment[:19].replace("T", " ")


def brief_clock(moment: str | None, *, now: float) -> str:
    """Return an RFC 3339 time in 11 characters, as `ls --time-style=iso` does.

    Of the half year before `now`, in seconds since 1970, day and minute; of all else, the date.
    """
    if moment is None:
        return "-"
    age = now - datetime.fromisoformat(moment).timestamp()
    return moment[5:16].replace("T", " ") if 0 <= age < _RECENT_S else moment[:10]
