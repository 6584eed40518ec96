# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages that follow what happens: the same address answers with the page, or with its part.

A script that has a part asks again with the version that it has. Where nothing changed of what the
page shows, the answer says so before anything is read; where something did, the part is rendered
once for all who look at the same page and may do the same, and sent only to those who have another
one. What is of one visitor alone (a name, a token of a form) stands around the part, never in it.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, NoReturn, cast

from flask import Response, current_app, render_template, request

from webhook_bridge.config.apps import Apps
from webhook_bridge.config.settings import Settings
from webhook_bridge.receiving.answers import PROVEN
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import changes
from webhook_bridge.web.current import current_bridge, received_at
from webhook_bridge.web.pages.access import visitor
from webhook_bridge.web.pages.parts import Key, Part, Parts
from webhook_bridge.web.pages.shows import Shows, every_commit
from webhook_bridge.web.visitors import Visitor

VERSION = "Longshore-Version"
"""The header in which a part, and whoever has one, says which it is."""
NEXT = "Longshore-Next"
"""In how many seconds to ask again."""
_ACTIVE_S, _IDLE_S = 2, 15
_EXTENSION = "longshore.live"
# However fast something changes, a part that is followed is not rendered more often than this.
_YOUNG_S = 1.0


@dataclass(frozen=True)
class Page:
    """What a view shows: the template of its part, a title, and the values in it."""

    part: str
    title: str
    values: Mapping[str, object] = field(default_factory=dict)
    here: str = ""
    """The entry of the menu that it belongs to."""
    rest: Callable[[], tuple[str, Mapping[str, object]]] | None = None
    """Returns what stands behind the part and is loaded once: a template, and its values.

    It is kept with the part: what it holds must be small.
    """


class Live:
    """The parts that were rendered last, and what of the state that they show is not in a table."""

    def __init__(self) -> None:
        self.parts = Parts()
        self.young_s = _YOUNG_S
        self._start = secrets.token_hex(4)
        self._lock = threading.Lock()
        self._configured: tuple[Apps, Settings] | None = None
        self._configurations = 0
        self._activity: tuple[int, bool] | None = None

    def configuration(self, bridge: Bridge) -> str:
        """Return a word that changes with each start, and with the apps file and the settings."""
        apps, settings = bridge.apps.current(), bridge.settings
        with self._lock:
            before = self._configured
            # Held on to: of something that is gone, another object may have the same id.
            if before is None or before[0] is not apps or before[1] is not settings:
                self._configured = apps, settings
                self._configurations += 1
            return f"{self._start}.{self._configurations}"

    def is_active(self, bridge: Bridge) -> bool:
        """Say whether something is under way: then the next look comes soon."""
        count, known = bridge.store.change_count(), self._activity
        if known is None or known[0] != count:
            with bridge.store.read() as connection:
                known = self._activity = count, changes.is_active(connection)
        return known[1]


@dataclass(frozen=True)
class _Asked:
    """A question for a page: by whom, and what makes it another page."""

    view: Callable[[], Page]
    shows: Callable[[], str]
    rights: str
    name: str
    """Who asks, where the part is theirs alone."""

    @property
    def key(self) -> Key:
        # The address with its host: some pages show by which one they are reached.
        return request.url_root, request.full_path, self.rights, self.name

    def state(self) -> str:
        """Return a word that changes with whatever the page may show."""
        configuration = _live().configuration(current_bridge())
        return f"{configuration}.{self.rights}.{self.shows()}"

    def render(self) -> Part:
        """Render the part as it is now."""
        # Before the store is read: what is committed meanwhile is news.
        began_at, state = time.monotonic(), self.state()
        page = self.view()
        # Nothing in it is of one visitor: others are shown it too.
        html = render_template(
            f"parts/{page.part}",
            title=page.title,
            csrf_field=_refuse,
            once_field=_refuse,
            **page.values,
        )
        return Part(state, html, began_at, page.title, page.here, page.rest)


def live(shows: Shows | None = None) -> Callable[[Callable[..., Page]], Callable[..., Response]]:
    """Make a view of one that returns a page: it answers with all of it, or with its part.

    `shows` returns a word that changes with what the page shows: then it is the same to all who may
    do the same. Without, it is its visitor's alone, and any commit may change it.
    """

    def decorate(view: Callable[..., Page]) -> Callable[..., Response]:
        @wraps(view)
        def answer(*arguments: Any, **named: Any) -> Response:
            request.environ[PROVEN] = True
            who = visitor()
            asked = _Asked(
                lambda: view(*arguments, **named),
                lambda: (shows or every_commit)(who, *arguments, **named),
                rights_of(who),
                "" if shows else who.name,
            )
            known = request.headers.get(VERSION)
            return _whole(asked) if known is None else _news(asked, known)

        return answer

    return decorate


def rights_of(who: Visitor) -> str:
    """Return a word for what somebody may do: the same for those who may do the same."""
    if who.grants is not None:
        rights = sorted(who.grants.roles.items())
    else:
        rights = [(app, who.role) for app in sorted(who.apps or ["*"])]
    return hashlib.sha256(repr(rights).encode()).hexdigest()[:16]


def _live() -> Live:
    return cast("Live", current_app.extensions.setdefault(_EXTENSION, Live()))


def _whole(asked: _Asked) -> Response:
    """Answer with a page around its part, which is never older than the question."""
    part = _part(asked, asked.state(), since=received_at())
    bridge = current_bridge()
    html = render_template(
        "page.html",
        title=part.title,
        here=part.here,
        part=part.html,
        version=part.version,
        rest=_rest(part),
        problem=bridge.known_problem(),
        apps_are_right=bridge.apps.is_right(),
    )
    return Response(html, mimetype="text/html")


def _rest(part: Part) -> str:
    if part.rest is None:
        return ""
    name, values = part.rest()
    return render_template(f"parts/{name}.html", **values)


def _news(asked: _Asked, known: str) -> Response:
    """Answer whoever has a part: with the new one, or with nothing where it is the same."""
    state = asked.state()
    before, _, print_before = known.partition("~")
    if before == state:
        return _with_next(Response(mimetype="text/html"), known)
    part = _part(asked, state, since=min(received_at(), time.monotonic() - _live().young_s))
    html = "" if part.print == print_before else part.html
    is_behind = part.state != state
    return _with_next(Response(html, mimetype="text/html"), part.version, soon=is_behind)


def _part(asked: _Asked, state: str, *, since: float) -> Part:
    """Return the part for a state, or one that was read since a moment."""
    return _live().parts.get(
        asked.key,
        is_right=lambda part: part.state == state or part.began_at >= since,
        render=asked.render,
    )


def _with_next(response: Response, version: str, *, soon: bool = False) -> Response:
    active = soon or _live().is_active(current_bridge())
    response.headers[VERSION] = version
    response.headers[NEXT] = str(_ACTIVE_S if active else _IDLE_S)
    return response


def _refuse() -> NoReturn:
    raise RuntimeError("a form stands behind the part of a page (Page.rest), not in it")
