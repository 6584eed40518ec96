# SPDX-License-Identifier: GPL-3.0-or-later
"""Take as long for a hook that there is not as for a wrong secret of one that there is."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from webhook_bridge.config.hooks import Hook

NOBODYS_SECRET = (b"\0" * 43,)
"""Compared against when the hook is unknown."""


def stand_in(hooks: Sequence[Hook], name: str) -> Hook | None:
    """Return one of these hooks, for one name always the same; None where there is none."""
    return hooks[zlib.crc32(name.encode()) % len(hooks)] if hooks else None
