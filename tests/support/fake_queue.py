# SPDX-License-Identifier: GPL-3.0-or-later
"""A queue in memory whose messages, and whose failures, a test puts in."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from webhook_bridge.queues import Message, QueueUnavailable


def message(identifier: str, body: bytes = b"{}", *, times: int = 1, **headers: str) -> Message:
    """Return a message; the names of its headers are written with `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Message(identifier, f"receipt of {identifier}", body, named, 1_790_000_000.0, times)


@dataclass
class FakeQueue:
    """Hands out what is in `waiting`, all at once; a long poll ends when `arrives` is set."""

    waiting: list[Message] = field(default_factory=list)
    problem: str | None = None
    polling: threading.Event = field(default_factory=threading.Event)
    arrives: threading.Event = field(default_factory=threading.Event)
    received: int = 0
    deleted: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    given_back: list[str] = field(default_factory=list)

    def send(self, *messages: Message) -> None:
        self.waiting += messages
        self.arrives.set()

    def receive(self) -> Sequence[Message]:
        self.received += 1
        self._fail_if_told_to()
        self.polling.set()
        self.arrives.wait()
        self.arrives.clear()
        self._fail_if_told_to()
        found, self.waiting = self.waiting, []
        return found

    def hide(self, messages: Sequence[Message]) -> None:
        self._fail_if_told_to()
        self.hidden += [each.id for each in messages]

    def give_back(self, messages: Sequence[Message]) -> None:
        self._fail_if_told_to()
        self.given_back += [each.id for each in messages]

    def delete(self, messages: Sequence[Message]) -> None:
        self._fail_if_told_to()
        self.deleted += [each.id for each in messages]

    def look(self) -> None:
        self._fail_if_told_to()

    def _fail_if_told_to(self) -> None:
        if self.problem is not None:
            raise QueueUnavailable(self.problem)
