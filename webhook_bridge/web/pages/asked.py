# SPDX-License-Identifier: GPL-3.0-or-later
"""What a page may be asked: a form sends its empty fields too, and an empty one asks nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from flask import request

from webhook_bridge.config.apps import Apps, find_app
from webhook_bridge.errors import Refused
from webhook_bridge.operations.parameters import moment, short_text
from webhook_bridge.web.questions import Parameter

_Value = TypeVar("_Value")
_LONGEST_FIELD = 1024 * 1024


def optional(read: Callable[[str], _Value]) -> Callable[[str], _Value | None]:
    """Return a reader for which an empty field was left out."""
    return lambda text: read(text.strip()) if text.strip() else None


TEXT = Parameter(optional(short_text))
MOMENT = Parameter(optional(moment))


def written(names: Iterable[str]) -> dict[str, str]:
    """Return these fields of the query as they were written, empty where they were left out."""
    return {name: request.args.get(name, "").strip() for name in names}


def app_fields(apps: Apps) -> list[str]:
    """Return those of these apps that were ticked in a form; raise NotFound for any other."""
    chosen = request.form.getlist("app")
    for name in chosen:
        find_app(apps, name)
    return chosen


def form_field(name: str, *, longest: int = 200) -> str | None:
    """Return a field of the form that was sent; None where it is empty. Raises Refused."""
    values = request.form.getlist(name)
    if len(values) > 1:
        raise Refused("malformed", f"form: {name}: must be given once, not {len(values)} times")
    text = values[0].strip() if values else ""
    if len(text) > min(longest, _LONGEST_FIELD):
        raise Refused("malformed", f"form: {name}: may have {longest} characters, not {len(text)}")
    return text or None
