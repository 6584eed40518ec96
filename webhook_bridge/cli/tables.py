# SPDX-License-Identifier: GPL-3.0-or-later
"""How a table is laid out in the width of a terminal.

All columns but the last are keys: what somebody copies into the next command, so they are never cut
or folded. The last one is a reason, which gets the room that is left. One that is no key, such as a
version, whose length the author of an image chooses, may shrink to leave it some.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import pairwise

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

_GAP = "  "
# Of the last column, in cells: with less room it is on a line of its own below its keys.
LEAST_ROOM = 20
# What a column keeps that shrinks.
_LEAST_SHRUNK = 12

Row = Sequence[Text]


def lines_of(
    header: Row,
    rows: Sequence[Row],
    *,
    width: int | None,
    full: bool,
    shrinks: Sequence[int] = (),
    least: int = LEAST_ROOM,
) -> Iterator[Text]:
    """Yield the lines of a table.

    `width` is that of the terminal in cells, None where there is none: every row is one line then,
    and nothing is cut. On a terminal the last column is cut, or, with `full`, folded; keys that
    have no room beside the others are on a line of their own below them, and so is a last column
    that has less than `least` cells. The columns of the numbers `shrinks` are cut before that, in
    this order, unless `full`.
    """
    widths = _widths(header, rows)
    if width is not None and not full:
        for number in shrinks:
            widths[number] = _shrunk(widths, number, width)
            rows = [_with_cut(row, number, widths[number]) for row in rows]
    parts = [range(len(widths))] if width is None else _parts(widths, width, least)
    for row in (header, *rows):
        for number, part in enumerate(parts):
            yield from _lines(row, part, widths, indent=_GAP * bool(number), width=width, full=full)


def fits(header: Row, rows: Sequence[Row], *, width: int) -> bool:
    """Say whether each row has room on one line of a terminal, with enough of it for a reason."""
    return len(_parts(_widths(header, rows), width, LEAST_ROOM)) == 1


def _widths(header: Row, rows: Sequence[Row]) -> list[int]:
    return [max(cell.cell_len for cell in column) for column in zip(header, *rows, strict=True)]


def _shrunk(widths: Sequence[int], number: int, width: int) -> int:
    """Return how wide a column is so that all of them have room on one line, if it can be."""
    needed = sum(widths[:-1]) + len(_GAP) * (len(widths) - 1) + min(widths[-1], LEAST_ROOM)
    over = max(0, needed - width)
    return min(widths[number], max(_LEAST_SHRUNK, widths[number] - over))


def _with_cut(row: Row, number: int, room: int) -> Row:
    cut = Text(cut_to(row[number].plain, room), style=row[number].style)
    return [*row[:number], cut, *row[number + 1 :]]


def _parts(widths: Sequence[int], width: int, least_room: int) -> list[range]:
    """Return which columns share a line, the last of them with enough room for a reason."""
    last = len(widths) - 1
    starts, used = [0], 0
    for number, needed in enumerate(widths):
        least = min(needed, least_room) if number == last else needed
        if number and used + least > width:
            starts.append(number)
            used = len(_GAP)
        used += needed + len(_GAP)
    return [range(*pair) for pair in pairwise([*starts, len(widths)])]


def _lines(
    row: Row, part: range, widths: Sequence[int], *, indent: str, width: int | None, full: bool
) -> Iterator[Text]:
    """Yield some columns of a row: one line, or more where the last column folds."""
    keys = [number for number in part if number < len(row) - 1]
    line = Text(indent)
    for number in keys:
        line.append_text(row[number]).append(" " * (widths[number] - row[number].cell_len) + _GAP)
    indent = " " * line.cell_len
    if len(keys) < len(part) and (keys or row[-1].plain != "-"):
        room = None if width is None else width - line.cell_len
        first, *more = [row[-1]] if room is None else _fitted(row[-1], room, full=full)
        yield line.append_text(first)
        yield from (Text.assemble(indent, one) for one in more)
    elif keys:
        line.rstrip()
        yield line


def _fitted(cell: Text, room: int, *, full: bool) -> list[Text]:
    """Return the lines of a cell in this room: all of it, or only one, cut."""
    if full:
        return list(cell.wrap(Console(file=io.StringIO()), room, overflow="fold")) or [cell]
    return [Text(cut_to(cell.plain, room), style=cell.style)]


def cut_to(text: str, room: int) -> str:
    """Return a text of at most `room` cells: cut after a word, or inside of one that is long."""
    if cell_len(text) <= room:
        return text
    start = set_cell_size(text, max(room - 1, 0)).rstrip()
    words = start.rpartition(" ")[0]
    return f"{words} …" if cell_len(words) * 2 > room else f"{start}…"
