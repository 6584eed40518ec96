# SPDX-License-Identifier: GPL-3.0-or-later
"""What others say when something fails, as a case of what must be advised on it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    """A message, a part of the advice on it ('' for none), and how the registry stands to it."""

    words: str
    advised: str
    kind: str = ""
    source: str = "recorded"
