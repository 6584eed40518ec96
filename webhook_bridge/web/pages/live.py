# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages that follow what happens: the same address answers with the page, or with its part.

A script that has a part asks again with the version that it has. Where nothing was committed since,
the answer says so before anything is read; where something was, the part is rendered once for all
who look at the same page, and sent only to those who have another one.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, cast

from flask import Response, current_app, render_template, request

from webhook_bridge.receiving.answers import PROVEN
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import changes
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.visitors import Visitor, current_visitor

VERSION = "Longshore-Version"
"""The header in which a part, and whoever has one, says which it is."""
NEXT = "Longshore-Next"
"""In how many seconds to ask again."""
_ACTIVE_S, _IDLE_S = 2, 15
_EXTENSION = "longshore.live"
_MOST_PARTS = 128
# However fast deliveries come, a part is not rendered more often than this; one that takes long,
# such as that of many hosts, only so often that it takes a tenth of a thread.
_FRESH_S, _LONGEST_FRESH_S = 1.0, 5.0
_SHARE = 10


@dataclass(frozen=True)
class Page:
    """What a view shows: the template of its part, a title, and the values in it."""

    part: str
    title: str
    values: Mapping[str, object] = field(default_factory=dict)
    here: str = ""
    """The entry of the menu that it belongs to."""
    rest: Callable[[], tuple[str, Mapping[str, object]]] | None = None
    """Returns what stands behind the part and is loaded once: a template, and its values."""


@dataclass(frozen=True)
class _Part:
    state: str
    print: str
    html: str
    made_at: float
    """When it was ready, and `took` how long that took, in seconds of the monotonic clock."""
    took: float

    def is_young(self, *, now: float) -> bool:
        """Say whether it still counts as right, whatever was committed since."""
        return now - self.made_at < min(max(_FRESH_S, _SHARE * self.took), _LONGEST_FRESH_S)

    @property
    def version(self) -> str:
        return f"{self.state}~{self.print}"


class Live:
    """The parts that were rendered last, and the state that they show."""

    def __init__(self) -> None:
        self._start = secrets.token_hex(4)
        self._parts: dict[tuple[str, str], _Part] = {}
        self._lock = threading.Lock()
        self._activity: tuple[str, bool] = ("", False)

    def state(self, bridge: Bridge) -> str:
        """Return a word that changes with whatever a page may show."""
        apps = id(bridge.apps.current())
        return f"{self._start}.{bridge.store.change_count()}.{apps:x}.{id(bridge.settings):x}"

    def is_active(self, bridge: Bridge, state: str) -> bool:
        """Say whether something is under way: then the next look comes soon."""
        if self._activity[0] != state:
            with bridge.store.read() as connection:
                self._activity = state, changes.is_active(connection)
        return self._activity[1]

    def kept(self, key: tuple[str, str], state: str) -> _Part | None:
        """Return a part that is still right, or so young that it counts as that."""
        part = self._parts.get(key)
        if part is None:
            return None
        is_right = part.state == state or part.is_young(now=time.monotonic())
        return part if is_right else None

    def keep(self, key: tuple[str, str], part: _Part) -> None:
        """Keep a part for others who look at the same; the oldest goes where there are many."""
        with self._lock:
            self._parts.pop(key, None)
            self._parts[key] = part
            while len(self._parts) > _MOST_PARTS:
                del self._parts[next(iter(self._parts))]


def live(view: Callable[..., Page]) -> Callable[..., Response]:
    """Make a view of one that returns a page: it answers with all of it, or with its part."""

    @wraps(view)
    def answer(*arguments: Any, **named: Any) -> Response:
        known = request.headers.get(VERSION)
        request.environ[PROVEN] = True
        if known is None:
            return _whole(lambda: view(*arguments, **named))
        return _news(known, lambda: view(*arguments, **named))

    return answer


def _live() -> Live:
    return cast("Live", current_app.extensions.setdefault(_EXTENSION, Live()))


def _whole(view: Callable[[], Page]) -> Response:
    """Answer with a page around its part."""
    bridge = current_bridge()
    # Before the store is read: what is committed meanwhile is news.
    state = _live().state(bridge)
    page = view()
    part = _rendered(lambda: page, state)
    html = render_template(
        "page.html",
        title=page.title,
        here=page.here,
        part=part.html,
        version=part.version,
        rest=_rest(page),
        problem=bridge.known_problem(),
        apps_are_right=bridge.apps.is_right(),
    )
    return Response(html, mimetype="text/html")


def _rest(page: Page) -> str:
    if page.rest is None:
        return ""
    name, values = page.rest()
    return render_template(f"parts/{name}.html", **values)


def _news(known: str, view: Callable[[], Page]) -> Response:
    """Answer whoever has a part: with the new one, or with nothing where it is the same."""
    bridge, live = current_bridge(), _live()
    state = live.state(bridge)
    before, _, print_before = known.partition("~")
    if before == state:
        return _with_next(Response(mimetype="text/html"), known, state)
    key = request.full_path, _name(current_visitor())
    part = live.kept(key, state)
    if part is None:
        part = _rendered(view, state)
        live.keep(key, part)
    html = "" if part.print == print_before else part.html
    return _with_next(Response(html, mimetype="text/html"), part.version, state)


def _with_next(response: Response, version: str, state: str) -> Response:
    active = _live().is_active(current_bridge(), state)
    response.headers[VERSION] = version
    response.headers[NEXT] = str(_ACTIVE_S if active else _IDLE_S)
    return response


def _rendered(view: Callable[[], Page], state: str) -> _Part:
    began = time.monotonic()
    page = view()
    html = render_template(f"parts/{page.part}", title=page.title, **page.values)
    print_ = hashlib.sha256(html.encode()).hexdigest()[:12]
    now = time.monotonic()
    return _Part(state, print_, html, now, now - began)


def _name(visitor: Visitor | None) -> str:
    return "" if visitor is None else visitor.name
