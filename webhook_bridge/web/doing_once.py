# SPDX-License-Identifier: GPL-3.0-or-later
"""What was asked for once is done once, however often it is sent, also after a restart.

For what has a key: a request to the API with `Idempotency-Key`, a form of a page. The answer to the
first is kept in the database, and given to those after it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

from flask import current_app
from werkzeug.exceptions import HTTPException

from webhook_bridge.errors import NotFound, Refused, StoreUnavailable
from webhook_bridge.store import kept_answers
from webhook_bridge.store.kept_answers import KEPT_S, KeptAnswer, Keyed
from webhook_bridge.web.current import current_bridge

_EXTENSION = "longshore.keys_under_way"
_Made = TypeVar("_Made")
_log = logging.getLogger(__name__)


class StillUnderWay(Exception):
    """The first request with this key is not answered yet."""


@dataclass(frozen=True)
class Answer:
    """What is kept of an answer: its status, and what makes it again."""

    status: int
    body: bytes


@dataclass(frozen=True)
class Doing:
    """How what has a key is done: `patience_s` is how long to wait for a first one under way."""

    keyed: Keyed
    patience_s: float = 0.0


def do_once(
    doing: Doing,
    act: Callable[[], _Made],
    *,
    kept_of: Callable[[_Made], Answer | None],
    repeat: Callable[[KeptAnswer], _Made],
) -> _Made:
    """Return what `act` makes, or what `repeat` makes of the answer that was kept of it.

    Nothing is kept where `kept_of` returns None, or where `act` raises what says that nothing was
    changed: that may be sent again. Raises StillUnderWay.
    """
    with _under_way().only(doing):
        first = _begun(doing.keyed)
        if first is not None:
            return repeat(first)
        try:
            made = act()
        except (NotFound, Refused, HTTPException, StoreUnavailable):
            _forget(doing.keyed)
            raise
        _settle(doing.keyed, kept_of(made))
        return made


class _UnderWay:
    """The keys of what this process does at the moment."""

    def __init__(self) -> None:
        self._keys: set[tuple[str, str]] = set()
        self._ended = threading.Condition()

    @contextmanager
    def only(self, doing: Doing) -> Iterator[None]:
        """Let one with a key do it at a time; raise StillUnderWay where patience is over."""
        key = doing.keyed.caller, doing.keyed.key
        with self._ended:
            if not self._ended.wait_for(lambda: key not in self._keys, doing.patience_s):
                raise StillUnderWay
            self._keys.add(key)
        try:
            yield
        finally:
            with self._ended:
                self._keys.discard(key)
                self._ended.notify_all()


def _under_way() -> _UnderWay:
    found: _UnderWay = current_app.extensions.setdefault(_EXTENSION, _UnderWay())
    return found


def _begun(keyed: Keyed) -> KeptAnswer | None:
    now = time.time()
    with current_bridge().store.write() as connection:
        return kept_answers.begin(connection, keyed, now=now, after=now - KEPT_S)


def _settle(keyed: Keyed, answer: Answer | None) -> None:
    """Keep the answer; that it cannot be kept takes nothing from what was done."""
    if answer is None:
        _forget(keyed)
        return
    try:
        with current_bridge().store.write() as connection:
            kept_answers.keep(connection, keyed, status=answer.status, body=answer.body)
    except StoreUnavailable as error:
        _log.error("the answer to a request with a key could not be kept: %s", error)


def _forget(keyed: Keyed) -> None:
    # Where the store is away, the key stays taken: a repeat is refused, and nothing is done twice.
    with suppress(StoreUnavailable), current_bridge().store.write() as connection:
        kept_answers.forget(connection, keyed)
