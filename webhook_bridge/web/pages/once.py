# SPDX-License-Identifier: GPL-3.0-or-later
"""A form that is sent twice is done once: the second gets the answer of the first.

A double click sends a form twice, and the browser shows the second answer alone. So does whoever
reloads the page that did not come because the bridge was restarted.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from flask import current_app, redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from webhook_bridge.errors import Refused
from webhook_bridge.store.kept_answers import KeptAnswer, Keyed
from webhook_bridge.web.doing_once import Answer, Doing, StillUnderWay, do_once
from webhook_bridge.web.forgery import FIELD
from webhook_bridge.web.pages.access import visitor

_FIELD = "once"
_TOKEN = re.compile("[A-Za-z0-9_-]{1,100}")
_EXTENSION = "longshore.shown_pages"
_PATIENCE_S = 10.0
_OK = 200
_SEE_OTHER = 303


class ShownPages:
    """Pages that show a secret, by their form: in memory, no longer than a double click takes."""

    KEPT_S = 60.0
    MOST = 1000

    def __init__(self) -> None:
        self._pages: OrderedDict[Keyed, tuple[float, str]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, keyed: Keyed) -> str | None:
        """Return the page that a form got, while it is kept."""
        with self._lock:
            self._forget_old()
            return self._pages.get(keyed, (0.0, None))[1]

    def keep(self, keyed: Keyed, page: str) -> None:
        """Keep the page that a form got."""
        with self._lock:
            self._pages[keyed] = time.monotonic() + self.KEPT_S, page
            self._forget_old()

    def _forget_old(self) -> None:
        now = time.monotonic()
        while self._pages and (len(self._pages) > self.MOST or self._oldest_until() <= now):
            self._pages.popitem(last=False)

    def _oldest_until(self) -> float:
        return next(iter(self._pages.values()))[0]


def once_field() -> Markup:
    """Return the hidden field that tells one form from the next of the same page."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(
        _FIELD, secrets.token_urlsafe(16)
    )


def once(view: Callable[..., Response | str]) -> Callable[..., Response | str]:
    """Make a view do what a form asks once, however often that very form is sent.

    What was refused is tried again, and a form that was filled in differently is another one.
    """

    @wraps(view)
    def answer(*arguments: Any, **named: Any) -> Response | str:
        token = request.form.get(_FIELD, "")
        if not token:
            return view(*arguments, **named)
        keyed = _keyed(token)
        try:
            return do_once(
                Doing(keyed, _PATIENCE_S),
                lambda: view(*arguments, **named),
                kept_of=lambda made: _kept(made, keyed),
                repeat=lambda first: _repeated(first, keyed),
            )
        except StillUnderWay as error:
            why = "this form was sent already, and is still being answered"
            raise Refused("in_progress", why) from error

    return answer


def _keyed(token: str) -> Keyed:
    if not _TOKEN.fullmatch(token):
        raise Refused("malformed", f"form: {_FIELD}: must be as the page has it: load it again")
    fingerprint = _fingerprint()
    return Keyed(visitor().actor, f"{token}.{fingerprint[:32]}", fingerprint)


def _fingerprint() -> str:
    """Return what tells what is asked for; a new session has another proof of the same form."""
    fields = [one for one in request.form.items(multi=True) if one[0] != FIELD]
    digest = hashlib.sha256()
    for part in (request.full_path, *(text for one in fields for text in one)):
        digest.update(len(part.encode()).to_bytes(8) + part.encode())
    return digest.hexdigest()


def _kept(made: Response | str, keyed: Keyed) -> Answer | None:
    """Return what the database keeps: where to go on, and of a page only that there was one."""
    if isinstance(made, str):
        _pages().keep(keyed, made)
        return Answer(_OK, b"")
    is_done = made.status_code == _SEE_OTHER
    return Answer(_SEE_OTHER, str(made.location).encode()) if is_done else None


def _repeated(first: KeptAnswer, keyed: Keyed) -> Response | str:
    if first.status is None:
        raise Refused(
            "outcome_unknown",
            "the bridge was cut off while it did what this form asks, so it may be done or not: "
            "look at the events before you ask for it again",
        )
    if first.status == _SEE_OTHER:
        return redirect(first.body.decode(), _SEE_OTHER)
    page = _pages().of(keyed)
    if page is None:
        raise Refused(
            "shown_once",
            "this form was sent before and was done; the secret on the page that followed is not "
            "kept. Make another one where it was not written down",
        )
    return page


def _pages() -> ShownPages:
    return cast("ShownPages", current_app.extensions.setdefault(_EXTENSION, ShownPages()))
