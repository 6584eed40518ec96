# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compile a user's pattern for tags, unless a tag could keep the matcher busy for years.

Python's matcher tries every way to share a text between repetitions: exponentially many where one
repeats another, and a power of the length where many stand side by side. Whoever may push chooses
the tags, so such a pattern is a risk even though its author is trusted.
"""

from __future__ import annotations

import re

_LONGEST = 200
_MOST_REPETITIONS = 4
# A character class or an escaped character is one thing; how a group opens does not matter.
_ONE_THING = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_GROUP_OPENS = re.compile(r"\(\?(?:P<\w*>|[a-zA-Z-]*:|[=!]|<[=!])")
_TOKEN = re.compile(r"[()|*+?]|\{\d*,?\d*\}")


def compile_pattern(written: object) -> re.Pattern[str]:
    """Return the compiled pattern, ASCII only.

    :raises ValueError: where it is none, or one that a tag could make run away.
    """
    if not isinstance(written, str) or not 0 < len(written) <= _LONGEST:
        raise ValueError(f"must be a regular expression of at most {_LONGEST} characters")
    try:
        compiled = re.compile(written, re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"must be a regular expression: {error}") from None
    _refuse_runaways(_GROUP_OPENS.sub("(", _ONE_THING.sub("x", written)))
    return compiled


def _refuse_runaways(simplified: str) -> None:
    tokens = _TOKEN.findall(simplified)
    if sum(_is_unbounded(token) for token in tokens) > _MOST_REPETITIONS:
        raise ValueError(
            f"must not have more than {_MOST_REPETITIONS} repetitions without a limit (*, +), "
            "which takes long on some tags; write counts, as [0-9]{1,3}"
        )
    if _repeats_a_choice(tokens):
        raise ValueError(
            "must not repeat a group that repeats or chooses something itself, which takes "
            "years on some tags; write [0-9.]+ instead of ([0-9]+[.])+"
        )


def _repeats_a_choice(tokens: list[str]) -> bool:
    """Say whether a repeated group leaves the matcher a choice inside."""
    choices = [False]
    for token, following in zip(tokens, [*tokens, ""][1:], strict=True):
        if token == "(":  # noqa: S105 - a parenthesis
            choices.append(False)
        elif token == ")" and len(choices) > 1:  # noqa: S105 - the same
            choice = choices.pop()
            if choice and following[:1] in ("*", "+", "{"):
                return True
            choices[-1] |= choice
        else:
            choices[-1] = True
    return False


def _is_unbounded(token: str) -> bool:
    return token in ("*", "+") or (token[0] == "{" and token.endswith(",}"))
