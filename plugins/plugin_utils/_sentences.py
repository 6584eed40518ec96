# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentences that several rules for an app's entry share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

IS_REQUIRED = "is required"
MUST_BE_TABLE = "must be a table of keys and values"
MUST_BE_TEXT = "must be a string"

# A check returns what is wrong with a value, or an empty string.
Check = Callable[[Any], str]


def unknown_key(known: Iterable[str]) -> str:
    """Say of a key that nobody reads which ones there are."""
    return f"is not known here; allowed: {', '.join(sorted(known))}"


def one_of(*words: str) -> Check:
    """Return a check that a value is one of these words."""
    said = f"must be one of {', '.join(words)}"
    return lambda value: "" if isinstance(value, str) and value in words else said


def true_or_false(value: Any) -> str:
    """Check that a value is true or false, and no word for it."""
    return "" if isinstance(value, bool) else "must be true or false"


def whole_number(first: int, last: int) -> Check:
    """Return a check that a value is a whole number in this range."""
    said = f"must be a whole number from {first} to {last}"

    def check(value: Any) -> str:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return "" if is_whole and first <= value <= last else said

    return check


def as_check(read: Callable[[Any], Any]) -> Check:
    """Return the check that is in a function which raises ValueError with what is wrong."""

    def check(value: Any) -> str:
        try:
            read(value)
        except ValueError as error:
            return str(error)
        return ""

    return check
