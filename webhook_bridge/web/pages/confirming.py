# SPDX-License-Identifier: GPL-3.0-or-later
"""The page between a button and what it does: it says what will happen, and asks once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import render_template

from webhook_bridge.errors import Refused
from webhook_bridge.operations.prospects import Prospect
from webhook_bridge.store import releases
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.pages.asked import form_field


@dataclass(frozen=True)
class Question:
    """What is asked: `says` are sentences, `hidden` the fields that the form sends back."""

    title: str
    button: str
    path: str
    back: str
    says: Sequence[str] = ()
    hidden: Mapping[str, str] = field(default_factory=dict)
    asks: Sequence[tuple[str, str, str]] = ()
    """Fields to fill in: name, label, placeholder."""
    prospect: Prospect | None = None
    is_dangerous: bool = False


def confirm(question: Question, **more: object) -> str:
    """Return the page that asks it."""
    return render_template("confirm.html", title=question.title, here="fleet", ask=question, **more)


def refuse_stale(name: str) -> None:
    """Raise Refused where an app was changed since the page was made that the form came from."""
    expected = form_field("generation")
    with current_bridge().store.read() as connection:
        now = releases.app_row(connection, name).generation
    if expected != str(now):
        raise Refused(
            "stale_page",
            f"{name}: somebody asked for another release since this page was loaded, or this form "
            "was sent already; nothing was changed. Look at the app and decide again.",
        )
