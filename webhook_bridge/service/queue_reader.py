# SPDX-License-Identifier: GPL-3.0-or-later
"""A thread that takes a hook's deliveries from its queue: stored first, and only then deleted.

What ends in between comes again, by the same name, and is a repetition. Nothing is deleted while
nothing can be stored; what cannot be read is a delivery all the same, and gets its verdict.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from webhook_bridge import crash_points
from webhook_bridge.config.hooks import Hook
from webhook_bridge.domain.deliveries import NewDelivery, NewRejected
from webhook_bridge.errors import StoreUnavailable
from webhook_bridge.queues import Message, Queue, QueueUnavailable
from webhook_bridge.queues.base import QueueTable
from webhook_bridge.receiving.queue_messages import given_up, read_message

_log = logging.getLogger(__name__)
# A message that we cannot store by a fault of ours is handed out so often, and then refused.
_MOST_TIMES = 5
_LONGEST_IN_HAND_S = 5.0


@dataclass(frozen=True)
class Pauses:
    """Seconds between two tries, doubled each time; and after a look that found nothing at once."""

    first: float = 1.0
    longest: float = 30.0
    empty: float = 0.2

    def after(self, failures: int) -> float:
        """Return how long to wait after so many failures in a row, one at least."""
        return float(min(self.first * 2 ** min(failures - 1, 16), self.longest))


_PAUSES = Pauses()


class QueueReader:
    """Reads one queue."""

    def __init__(
        self,
        hook: Hook,
        table: QueueTable,
        queue: Queue,
        *,
        secrets: Callable[[Hook], Sequence[bytes]],
        accept: Callable[[Sequence[NewDelivery]], object],
        note: Callable[[NewRejected], None],
        stopping: threading.Event,
        pauses: Pauses = _PAUSES,
    ) -> None:
        self._hook = hook
        self._table = table
        self._queue = queue
        self._secrets = secrets
        self._accept = accept
        self._note = note
        self._pauses = pauses
        self._problem: str | None = None
        self._failures = 0
        self._stopping = stopping
        self._undeleted: set[str] = set()
        self._faults: Counter[str] = Counter()
        self._in_hand = threading.Lock()
        self._thread = threading.Thread(target=self._work, name=f"queue {hook.name}", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        _log.info("hook %s: its deliveries come through %s", self._hook.name, self._table.name)
        self._thread.start()

    def wait_for_end(self, *, until: float) -> None:
        """Wait, once it is to stop, for what is in hand; `until` is monotonic.

        The long poll itself is not waited for: it may take as long as the queue has nothing.
        Messages that it still brings are given back.
        """
        if self._in_hand.acquire(timeout=max(0.0, until - time.monotonic())):
            self._in_hand.release()

    def problem(self) -> str | None:
        """Return why nothing comes out of the queue now; None when all is well."""
        problem = self._problem
        return None if problem is None else f"hook {self._hook.name}: {self._table.name}: {problem}"

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._stopping.wait(self._read())

    def _read(self) -> float:
        """Take what there is; return for how many seconds to leave the queue alone."""
        began = time.monotonic()
        try:
            messages = self._queue.receive()
            self._handle(messages)
            self._working()
        except QueueUnavailable as error:
            return self._failing(str(error))
        except Exception:  # noqa: BLE001 -- a fault of ours must not end the thread
            _log.exception("hook %s: cannot read %s", self._hook.name, self._table.name)
            return self._failing("internal error: see the bridge's log")
        at_once = not messages and time.monotonic() - began < self._pauses.empty
        return self._pauses.empty if at_once else 0.0

    def _handle(self, messages: Sequence[Message]) -> None:
        """Store them and delete them, unless we are to end: then others may have them at once."""
        if not messages:
            return
        crash_points.reach("after_receive")
        with self._in_hand:
            done = [] if self._stopping.is_set() else self._take(messages)
            self._delete(done)
            if self._stopping.is_set():
                self._give_back([each for each in messages if each not in done])

    def _delete(self, messages: Sequence[Message]) -> None:
        """Delete what is done with; what cannot be deleted will come again, and is known then."""
        if not messages:
            return
        self._undeleted |= {each.id for each in messages}
        self._queue.delete(messages)
        crash_points.reach("after_delete")
        for each in messages:
            self._undeleted.discard(each.id)
            self._faults.pop(each.id, None)

    def _take(self, messages: Sequence[Message]) -> list[Message]:
        """Return those that may be deleted."""
        known = [each for each in messages if each.id in self._undeleted]
        read = [(each, self._read_one(each)) for each in messages if each not in known]
        claims = [(each, new) for each, new in read if isinstance(new, NewDelivery)]
        denied = [(each, new) for each, new in read if isinstance(new, NewRejected)]
        for _, note in denied:
            self._note(note)
        return known + [each for each, _ in denied] + self._store(claims)

    def _read_one(self, message: Message) -> NewDelivery | NewRejected | None:
        """Return what a message is; None where a fault of ours leaves it for another time."""
        try:
            return read_message(message, self._hook, self._table, self._secrets(self._hook))
        except Exception:  # noqa: BLE001 -- one message must not keep the others from being read
            _log.exception("hook %s: cannot read message %s", self._hook.name, message.id)
        return self._given_up(b"") if self._is_hopeless(message) else None

    def _is_hopeless(self, message: Message) -> bool:
        """Count a fault of ours; not every service counts how often it hands a message out."""
        self._faults[message.id] += 1
        return max(message.times_received, self._faults[message.id]) >= _MOST_TIMES

    def _given_up(self, body: bytes) -> NewRejected:
        return given_up(self._hook, self._table, body, times=_MOST_TIMES)

    def _store(self, claims: Sequence[tuple[Message, NewDelivery]]) -> list[Message]:
        """Return those that are on the disk: all together, or where that fails one by one."""
        messages = [message for message, _ in claims]
        try:
            return messages if self._accepted(claims) else []
        except Exception:  # noqa: BLE001 -- one of them, or a fault of ours
            _log.exception("hook %s: cannot store what came", self._hook.name)
        return [message for message, new in claims if self._is_done_with(message, new)]

    def _accepted(self, claims: Sequence[tuple[Message, NewDelivery]]) -> bool:
        """Store them all, however long the store is away; False where we are to end before."""
        failures = 0
        while claims:
            try:
                self._accept([new for _, new in claims])
                break
            except StoreUnavailable as error:
                failures += 1
                self._say(str(error))
                # Each try may take its time as well, and meanwhile these must not come to others.
                if self._stopping.wait(min(self._pauses.after(failures), _LONGEST_IN_HAND_S)):
                    return False
                self._hide([message for message, _ in claims])
        return True

    def _is_done_with(self, message: Message, new: NewDelivery) -> bool:
        """Say whether a message is stored, or has failed so often that it is refused."""
        try:
            return self._accepted([(message, new)])
        except Exception:  # noqa: BLE001 -- the fault is logged already
            if not self._is_hopeless(message):
                return False
        self._note(self._given_up(new.body))
        return True

    def _hide(self, messages: Sequence[Message]) -> None:
        try:
            self._queue.hide(messages)
        except QueueUnavailable as error:
            # They come again, to us or to another, and are a repetition.
            _log.warning("hook %s: %s: %s", self._hook.name, self._table.name, error)

    def _give_back(self, messages: Sequence[Message]) -> None:
        if messages:
            self._queue.give_back(messages)

    def _failing(self, problem: str) -> float:
        self._failures += 1
        self._say(problem)
        return self._pauses.after(self._failures)

    def _working(self) -> None:
        if self._problem is not None:
            _log.info("hook %s: %s: works again", self._hook.name, self._table.name)
        self._problem, self._failures = None, 0

    def _say(self, problem: str) -> None:
        """Log a trouble once, for as long as it is the same."""
        if problem != self._problem:
            _log.warning("hook %s: %s: %s", self._hook.name, self._table.name, problem)
        self._problem = problem
