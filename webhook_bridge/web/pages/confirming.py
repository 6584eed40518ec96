# SPDX-License-Identifier: GPL-3.0-or-later
"""The page between a button and what it does: it says what will happen, and asks once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import render_template

from webhook_bridge.operations.expectations import stale
from webhook_bridge.operations.foresight import Foresight
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
    foreseen: Foresight | None = None
    is_dangerous: bool = False
    is_possible: bool = True
    """Whether there is a button at all: there is none where nothing would be done."""
    here: str = "fleet"
    """The entry of the menu that it belongs to."""
    instead: tuple[str, str] | None = None
    """What may be done in its place: a label, and the address that asks for it."""


def confirm(question: Question, **more: object) -> str:
    """Return the page that asks it."""
    return render_template(
        "confirm.html", title=question.title, here=question.here, ask=question, **more
    )


def asked_generation(name: str) -> int:
    """Return the generation of an app that the form was made for; raise Refused without one."""
    asked = form_field("generation") or ""
    if not asked.isascii() or not asked.isdigit():
        raise stale(name)
    return int(asked[:18])
