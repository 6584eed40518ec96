# SPDX-License-Identifier: GPL-3.0-or-later
"""Public keys that a sender publishes: fetched when needed, kept, and never asked for too often.

A stranger's token may name a key that does not exist, or come while the publisher is away: so
what was found is kept, and a miss is asked for again only after a while.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from webhook_bridge.bounded_http import BoundedSession, TooLarge, Unanswered
from webhook_bridge.domain.references import shown

TIMEOUT_S = 5.0
MAX_BYTES = 256 * 1024
KEPT_S = 3600.0
"""How long a document is used before it is fetched anew; an older one is better than none."""
PAUSE_S = 30.0
"""The least time between two fetches, whatever is requested."""
_OK = 200

Document = TypeVar("Document")


class Unavailable(Exception):
    """A document could not be had; the message names the address and why."""


def get(url: str, *, ca_file: str | None = None) -> bytes:
    """Return what an address answers: no redirect, five seconds, 256 KiB at most.

    `ca_file` names the authority of its certificate where that is not one of the usual.

    :raises Unavailable: where there is no such answer.
    """
    try:
        with BoundedSession(timeout_s=TIMEOUT_S, ca_file=ca_file) as session:
            answer = session.ask("GET", url, headers={}, max_bytes=MAX_BYTES)
    except Unanswered as error:
        raise Unavailable(f"{url} {error}") from None
    except TooLarge:
        raise Unavailable(f"{url} answers with more than {MAX_BYTES} bytes") from None
    if answer.status != _OK:
        raise Unavailable(f"{url} answers {answer.status}")
    return answer.body


@dataclass
class _Kept(Generic[Document]):
    document: Document | None = None
    fetched_at: float = float("-inf")
    tried_at: float = float("-inf")
    problem: str = "it was not asked yet"


class Fetched(Generic[Document]):
    """One document behind one address, parsed, shared by all threads."""

    def __init__(
        self,
        url: str,
        parse: Callable[[bytes], Document],
        *,
        clock: Callable[[], float] = time.monotonic,
        ca_file: str | None = None,
    ) -> None:
        self._url = url
        self._parse = parse
        self._ca_file = ca_file
        self._clock = clock
        self._kept: _Kept[Document] = _Kept()
        self._lock = threading.Lock()

    def current(self, *, anew: bool = False) -> Document:
        """Return the document; `anew` asks for a newer one, if the last try is not too recent.

        :raises Unavailable: where none was ever had.
        """
        with self._lock:
            if self._is_due(anew=anew):
                self._fetch()
            if self._kept.document is None:
                raise Unavailable(self._kept.problem)
            return self._kept.document

    def _is_due(self, *, anew: bool) -> bool:
        now = self._clock()
        old = anew or now - self._kept.fetched_at > KEPT_S
        return old and now - self._kept.tried_at > PAUSE_S

    def _fetch(self) -> None:
        self._kept.tried_at = self._clock()
        try:
            self._kept.document = self._parse(get(self._url, ca_file=self._ca_file))
            self._kept.fetched_at = self._clock()
        except Unavailable as error:
            self._kept.problem = str(error)
        except ValueError as error:
            self._kept.problem = f"{self._url} answers something else: {shown(str(error))}"
