# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that people write in requests and in commands: read, and explained, in one way.

Each reader raises ValueError with what the value must be, to follow the value in a sentence.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence

from webhook_bridge.config.durations import parse_duration, parse_since

_LONGEST_TEXT = 200
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Return the reader of a number in ASCII digits alone: no sign, no underscore, no exponent."""

    def read(text: str) -> int:
        if not re.fullmatch("[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return read


def one_of(allowed: Sequence[str]) -> Callable[[str], str]:
    """Return the reader of a word."""

    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return text

    return read


def flag(text: str) -> bool:
    """Return whether it is so."""
    if text not in _FLAGS:
        raise ValueError(f"must be one of {', '.join(_FLAGS)}")
    return _FLAGS[text]


def truth(value: object) -> bool:
    """Return what is true or false in JSON."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def short_text(text: object) -> str:
    """Return a text that is there, and not endless."""
    if not isinstance(text, str) or not 1 <= len(text) <= _LONGEST_TEXT:
        raise ValueError(f"must be a text of 1 to {_LONGEST_TEXT} characters")
    return text


def moment(text: str) -> float:
    """Return a moment, in seconds since the epoch."""
    return parse_since(text, now=time.time())


def duration(text: str) -> float:
    """Return a duration, in seconds."""
    return parse_duration(text)
