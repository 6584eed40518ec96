# SPDX-License-Identifier: GPL-3.0-or-later
"""A wish that was decided on by what was shown is refused where that is over."""

from __future__ import annotations

from webhook_bridge.domain.releases import AppRow
from webhook_bridge.domain.verdicts import short
from webhook_bridge.errors import Refused


def check_generation(row: AppRow, expected: int | None) -> None:
    """Raise Refused where an app's locked row has another generation; None expects nothing."""
    if expected is not None and row.generation != expected:
        raise stale(row.name)


def check_digest(name: str, tag: str | None, digest: str, *, expected: str | None) -> None:
    """Raise Refused where a tag means another digest by now; None expects nothing."""
    if expected is not None and digest != expected:
        raise Refused(
            "stale_page",
            f"{name}: {tag or 'its tag'} means {short(digest)} now, and meant {short(expected)} "
            "when this page was made; nothing was changed. Look again what would happen.",
        )


def stale(name: str) -> Refused:
    """Return what is said of a page that was made before somebody else asked for something."""
    return Refused(
        "stale_page",
        f"{name}: somebody asked for another release since this page was loaded, or this form was "
        "sent already; nothing was changed. Look at the app and decide again.",
    )
