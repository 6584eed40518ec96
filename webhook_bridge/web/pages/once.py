# SPDX-License-Identifier: GPL-3.0-or-later
"""A form that is sent twice is done once: the second gets the answer of the first.

A double click sends a form twice, and the browser shows the second answer alone. Answers are kept
in memory: what was asked before a restart is asked anew.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, cast

from flask import current_app, redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from webhook_bridge.errors import Refused
from webhook_bridge.web.pages.access import visitor

_FIELD = "once"
_EXTENSION = "longshore.once"
_MOST_KEPT = 1000
# A page may show a secret, so it is kept no longer than a double click takes.
_PAGE_KEPT_S = 60.0
_PATIENCE_S = 10.0
_SEE_OTHER = 303


@dataclass
class _Answer:
    lock: threading.Lock = field(default_factory=threading.Lock)
    location: str | None = None
    page: str | None = None
    page_until: float = 0.0

    def kept(self) -> Response | str | None:
        if self.location is not None:
            return redirect(self.location, _SEE_OTHER)
        return self.page if time.monotonic() < self.page_until else None

    def keep(self, made: Response | str) -> None:
        if isinstance(made, str):
            self.page, self.page_until = made, time.monotonic() + _PAGE_KEPT_S
        elif made.status_code == _SEE_OTHER:
            self.location = made.location


class Answers:
    """The answers that forms got, by who sent them; the oldest go where there are many."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[str, str, str], _Answer] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, key: tuple[str, str, str]) -> _Answer:
        """Return the answer to a form, which may have yet to be made."""
        with self._lock:
            self._forget_pages()
            found = self._answers.setdefault(key, _Answer())
            while len(self._answers) > _MOST_KEPT:
                self._answers.popitem(last=False)
            return found

    def _forget_pages(self) -> None:
        now = time.monotonic()
        for one in self._answers.values():
            if one.page is not None and now >= one.page_until:
                one.page = None


def once_field() -> Markup:
    """Return the hidden field that tells one form from the next of the same page."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(
        _FIELD, secrets.token_urlsafe(16)
    )


def once(view: Callable[..., Response | str]) -> Callable[..., Response | str]:
    """Make a view do what a form asks once, however often that very form is sent.

    What was refused is tried again.
    """

    @wraps(view)
    def answer(*arguments: Any, **named: Any) -> Response | str:
        token = request.form.get(_FIELD, "")
        if not token:
            return view(*arguments, **named)
        known = _answers().of((visitor().name, request.full_path, token[:100]))
        if not known.lock.acquire(timeout=_PATIENCE_S):
            raise Refused("in_progress", "this form was sent already, and is still being answered")
        try:
            kept = known.kept()
            if kept is not None:
                return kept
            made = view(*arguments, **named)
            known.keep(made)
            return made
        finally:
            known.lock.release()

    return answer


def _answers() -> Answers:
    return cast("Answers", current_app.extensions.setdefault(_EXTENSION, Answers()))
