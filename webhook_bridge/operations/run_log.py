# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of a run's log: its end, what came before a place, and lines that hold a text.

A log has at most 16 MiB (executor/output.py); a place is a number of bytes from its beginning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LINES = 500
_LARGEST = 256 * 1024
_MOST_FOUND = 200
_NEWLINE = b"\n"


@dataclass(frozen=True)
class Excerpt:
    """A stretch of a log: whole lines but where a line is longer than what is read at once."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class FoundLine:
    """A line that holds what was looked for."""

    number: int
    place: int
    text: str


def size_of(file: Path) -> int:
    """Return how many bytes a log has by now; 0 where there is none."""
    return file.stat().st_size if file.exists() else 0


def last_lines(file: Path, *, before: int | None = None) -> Excerpt:
    """Return the last 500 lines of a log, or those before a place."""
    size = size_of(file)
    end = size if before is None else max(0, min(before, size))
    start = max(0, end - _LARGEST)
    data = _read(file, start, end)
    if start:
        whole = data.find(_NEWLINE) + 1
        start, data = start + whole, data[whole:]
    lines = data.splitlines(keepends=True)
    kept = b"".join(lines[-LINES:])
    return Excerpt(end - len(kept), end, kept.decode("utf-8", "replace"))


def extent(file: Path, part: Excerpt) -> str:
    """Return in words which of a log's lines these are."""
    before, within = _count(file, 0, part.start), _count(file, part.start, part.end)
    size = size_of(file)
    total = before + within + _count(file, part.end, size)
    shown = f"{within:,} {'line' if within == 1 else 'lines'}"
    if within == total:
        return f"All {shown}." if total > 1 else f"{shown}."
    if part.end == size:
        return f"The last {shown} of {total:,}."
    return f"Lines {before + 1:,} to {before + within:,} of {total:,}."


def lines_after(file: Path, place: int) -> Excerpt:
    """Return the whole lines that a log got since a place."""
    size = size_of(file)
    start = max(0, min(place, size))
    data = _read(file, start, min(size, start + _LARGEST))
    if len(data) < _LARGEST or _NEWLINE in data:
        data = data[: data.rfind(_NEWLINE) + 1]
    return Excerpt(start, start + len(data), data.decode("utf-8", "replace"))


def search(file: Path, text: str) -> tuple[list[FoundLine], bool]:
    """Return the first lines that hold a text, whatever its case, and whether there are more."""
    found: list[FoundLine] = []
    for line in _found(file, text.lower().encode()):
        if len(found) == _MOST_FOUND:
            return found, True
        found.append(line)
    return found, False


def _found(file: Path, wanted: bytes) -> Iterator[FoundLine]:
    if not file.exists():
        return
    place = 0
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if wanted in line.lower():
                yield FoundLine(number, place + len(line), line.decode("utf-8", "replace")[:1000])
            place += len(line)


def _count(file: Path, start: int, end: int) -> int:
    """Return how many lines a stretch has; one without its line feed counts."""
    if end <= start:
        return 0
    count, last = 0, _NEWLINE
    with file.open("rb") as opened:
        opened.seek(start)
        while start < end and (chunk := opened.read(min(_LARGEST, end - start))):
            count, last, start = count + chunk.count(_NEWLINE), chunk[-1:], start + len(chunk)
    return count + (last != _NEWLINE)


def _read(file: Path, start: int, end: int) -> bytes:
    if end <= start:
        return b""
    with file.open("rb") as opened:
        opened.seek(start)
        return opened.read(end - start)
