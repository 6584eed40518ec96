# SPDX-License-Identifier: GPL-3.0-or-later
"""Why Ansible could not read an inventory, in the words of whoever would not answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import takewhile

# ansible-core inventory/manager.py, parse_source: each plugin that fails is a warning of its own,
# those that were meant for the file first; then comes only which file that was.
_CAUSE = re.compile(r"Failed to parse inventory with '?(?P<plugin>[\w.]+)'? plugin: (?P<cause>.+)")
_OLD_CAUSE = re.compile(r"\* Failed to parse \S+ with (?P<plugin>[\w.]+) plugin: (?P<cause>.+)")
_GENERAL = re.compile(
    r"(?:Completely failed to parse|Unable to parse) .*inventory.*", re.IGNORECASE
)
# inventory/script.py of ansible-core 2.19 and later.
_STANDARD_ERROR = "Standard error from inventory script:"
_ORIGIN = "Origin: /"
_LONGEST = 600


def cause_of_failure(lines: Iterable[str]) -> str:
    """Return why an inventory could not be read, of what Ansible printed; empty where it could.

    A cloud's own sentence, such as AWS's, stands in the first warning, above what other plugins
    have to say to the same file.
    """
    general = ""
    left = iter(lines)
    for line in left:
        found = _CAUSE.search(line) or _OLD_CAUSE.search(line)
        if found:
            more = [*_of_program(found["plugin"], left), *_origin(found["plugin"], left)]
            return _bounded(" ".join([found["cause"], *more]))
        general = general or ("" if (said := _GENERAL.search(line)) is None else said[0])
    return _bounded(general)


def _origin(plugin: str, lines: Iterator[str]) -> Iterator[str]:
    """Yield the place in a file that is no YAML, as Ansible names it."""
    if not plugin.endswith("yaml"):
        return
    for line in lines:
        if _CAUSE.search(line):
            return
        if line.startswith(_ORIGIN):
            yield f"({line.removeprefix('Origin: ').strip()})"
            return


def _of_program(plugin: str, lines: Iterator[str]) -> Iterator[str]:
    """Yield what a program wrote that should have answered: why it did not."""
    if not plugin.endswith("script"):
        return
    for line in lines:
        if _CAUSE.search(line):
            return
        if line.startswith(_STANDARD_ERROR):
            yield from takewhile(str.strip, lines)
            return


def _bounded(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"
