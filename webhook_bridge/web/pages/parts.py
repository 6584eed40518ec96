# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of pages that were rendered last: one thread renders what many ask for at once.

A part is given to those alone whose key it has: the address, and what whoever looks may do. It is
right for whoever asked before it was begun, and for all while the state that it shows is the state
that there is.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

_MOST_PARTS = 128
# Of text: a page that shows every host of every app has more than a million.
_MOST_CHARACTERS = 16_000_000
# More threads that render would only share the one processor that Python uses, and hooks with them.
_MOST_RENDERING = 2


@dataclass(frozen=True)
class Part:
    """The part of a page that changes, and what stands around it.

    `state` is what it shows, and `began_at` when that was read, in seconds of the monotonic clock.
    `rest` returns what stands behind it and is loaded once: a template, and its values.
    """

    state: str
    html: str
    began_at: float
    title: str = ""
    here: str = ""
    rest: Callable[[], tuple[str, Mapping[str, object]]] | None = None

    @cached_property
    def print(self) -> str:
        """Return a short word for the text, another one for another text."""
        return hashlib.sha256(self.html.encode()).hexdigest()[:12]

    @property
    def version(self) -> str:
        """Return what a browser that has it names it by."""
        return f"{self.state}~{self.print}"


@dataclass
class _Turn:
    lock: threading.Lock = field(default_factory=threading.Lock)
    asking: int = 0


Key = tuple[str, ...]


class Parts:
    """Keeps parts by key; the oldest go where there are many, or where they are long."""

    def __init__(self, *, most: int = _MOST_PARTS, most_characters: int = _MOST_CHARACTERS) -> None:
        self._most = most
        self._most_characters = most_characters
        self._parts: dict[Key, Part] = {}
        self._turns: dict[Key, _Turn] = {}
        self._lock = threading.Lock()
        self._rendering = threading.BoundedSemaphore(_MOST_RENDERING)

    def get(
        self, key: Key, *, is_right: Callable[[Part], bool], render: Callable[[], Part]
    ) -> Part:
        """Return the part that is kept where it is right, else what `render` returns.

        Others who ask for the same meanwhile wait for that. What `render` raises is raised, and
        nothing is kept: the next one who waits tries again.
        """
        kept = self._parts.get(key)
        if kept is not None and is_right(kept):
            return kept
        with self._turn(key):
            kept = self._parts.get(key)
            if kept is not None and is_right(kept):
                return kept
            with self._rendering:
                part = render()
            self._keep(key, part)
            return part

    @contextmanager
    def _turn(self, key: Key) -> Iterator[None]:
        with self._lock:
            turn = self._turns.setdefault(key, _Turn())
            turn.asking += 1
        try:
            with turn.lock:
                yield
        finally:
            with self._lock:
                turn.asking -= 1
                if not turn.asking:
                    del self._turns[key]

    def _keep(self, key: Key, part: Part) -> None:
        with self._lock:
            self._parts.pop(key, None)
            self._parts[key] = part
            characters = sum(len(one.html) for one in self._parts.values())
            while len(self._parts) > self._most or characters > self._most_characters:
                oldest = next(iter(self._parts))
                characters -= len(self._parts.pop(oldest).html)
