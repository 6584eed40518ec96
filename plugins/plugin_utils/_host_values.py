# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of known types and bounded size, whatever a host says.

Each function takes anything and returns its type; what does not fit becomes an empty value.
"""

from __future__ import annotations

import re

from ansible_collections.longshore.containers.plugins.module_utils import _image_name
from ansible_collections.longshore.containers.plugins.module_utils._advice import PASSING
from ansible_collections.longshore.containers.plugins.module_utils._env_file import (
    FINGERPRINT_DIGITS,
)

DIGEST = _image_name.DIGEST
FINGERPRINT = re.compile(rf"[0-9a-f]{{{FINGERPRINT_DIGITS}}}")
# An ID as daemons make them.
CONTAINER = re.compile(r"[0-9a-f]{12,64}")
MAX_TEXT = 1000
MAX_LINE = 500
MAX_LINES = 50
MAX_SECONDS = 1e9
MAX_DIFFERENCE = 4000


def text(value, limit=MAX_TEXT):
    """Return printable text of bounded length: no escape sequence of a host reaches a terminal."""
    shown = "" if value is None else str(value)[: 4 * limit]
    spaced = "".join(" " if char in "\r\n\t" else char for char in shown)
    return "".join(char for char in spaced if char.isprintable()).strip()[:limit]


def lines(value):
    """Return at most 50 printable lines, the last ones."""
    found = value if isinstance(value, list) else []
    return [text(each, MAX_LINE) for each in found[-MAX_LINES:]]


def sentences(value):
    """Return at most 50 printable sentences, the first ones, without those that are empty."""
    found = value[:MAX_LINES] if isinstance(value, list) else []
    return [each for each in map(text, found) if each]


def printable_lines(value, limit):
    """Return at most `limit` characters of printable text, with its line breaks."""
    return "".join(char for char in str(value)[:limit] if char == "\n" or char.isprintable())


def digest(value):
    """Return a digest, or an empty string for anything else."""
    return str(value) if isinstance(value, str) and re.fullmatch(DIGEST, value) else ""


def fingerprint(value):
    """Return the fingerprint of a file, or an empty string for anything else."""
    return str(value) if isinstance(value, str) and FINGERPRINT.fullmatch(value) else ""


def container_id(value):
    """Return the ID of a container, or an empty string for anything else."""
    return str(value) if isinstance(value, str) and CONTAINER.fullmatch(value) else ""


def choice(value, allowed):
    """Return one of the allowed words, or an empty string."""
    return next((word for word in allowed if word == value), "")


def registry_cause(value):
    """Return why a registry does not serve a host for now, or an empty string."""
    return choice(value, PASSING)


def number(value):
    """Return seconds, or 0 for anything that is not a number."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < MAX_SECONDS else 0.0


def spans(value, names):
    """Return (began, ended) in seconds by name, of these names in their order."""
    found = value if isinstance(value, dict) else {}
    known = {name: found[name] for name in names if _is_pair(found.get(name))}
    read = {name: tuple(map(number, pair)) for name, pair in known.items()}
    return {name: pair for name, pair in read.items() if pair[0] <= pair[1]}


def _is_pair(value):
    return isinstance(value, (list, tuple)) and len(value) == 2  # noqa: PLR2004 -- a pair


def flag(value):
    """Return whether a value is true; anything but a boolean is not."""
    return value is True


def whole(value):
    """Return a whole number, or 0 for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def difference(value):
    """Return what --diff shows: texts, or names with texts, of bounded length."""
    found = value if isinstance(value, dict) else {}
    return {key: _side(found[key]) for key in ("before", "after") if key in found}


def _side(value):
    if isinstance(value, dict):
        return {text(key): text(each) for key, each in list(value.items())[:MAX_LINES]}
    return printable_lines(value, MAX_DIFFERENCE)
