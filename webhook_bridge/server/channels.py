# SPDX-License-Identifier: GPL-3.0-or-later
"""What waitress lacks to stay usable under senders that are slow or many: docs/adr/0014."""

from __future__ import annotations

import resource
import time
from itertools import islice
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask

from webhook_bridge.receiving.answers import PROVEN
from webhook_bridge.server.strict_http import JsonErrorTask, StrictRequest
from webhook_bridge.web.current import RECEIVED_AT
from webhook_bridge.web.thread_share import is_for_all_threads, share_of

# Slow senders cost a file descriptor each, not a thread: waitress reads requests without blocking.
_MOST_CONNECTIONS = 1000
_FEWEST_CONNECTIONS = 50
# Kept free, and taken in at once: who connects now is heard before the crowd that came earlier.
_ROOM = 10
# The database, the logs and the pipes of runs need some too.
_DESCRIPTORS_FOR_THE_REST = 300
# Of a file, read to be sent: waitress takes as much as the kernel would buffer, some megabytes.
_MOST_AT_ONCE = 128 * 1024
# To one connection, before all others have their turn: waitress goes on for as long as the other
# end takes what is sent, and a fast one takes a whole log.
_MOST_A_TURN = 2 * _MOST_AT_ONCE


class StrangersTask(WSGITask):  # type: ignore[misc]  # waitress ships no types
    """Answers a request, and only who has proven itself keeps its connection."""

    def get_environment(self) -> dict[str, Any]:
        """Return the WSGI environ, with when the request came: it may have waited since."""
        environ: dict[str, Any] = super().get_environment()
        environ[RECEIVED_AT] = self.request.received_at
        return environ

    def build_response_header(self) -> bytes:
        """Return the head of the answer, which says whether the connection is closed."""
        self.channel.proven = PROVEN in self.get_environment()
        if not self.channel.proven:
            self.request.headers["CONNECTION"] = "close"
        head: bytes = super().build_response_header()
        return head


class TimelyChannel(HTTPChannel):  # type: ignore[misc]  # the same
    """A connection whose requests must be complete in time.

    waitress closes a connection on which nothing has happened for `channel_timeout`. A sender that
    drips bytes would never be closed, so here only the first byte of a request counts.
    """

    parser_class = StrictRequest
    task_class = StrangersTask
    error_task_class = JsonErrorTask
    proven = False
    """Whether its last request came from somebody who knows a secret."""
    _request_began: float | None = None
    _left_this_turn = _MOST_A_TURN

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.sendbuf_len: int = min(self.sendbuf_len, _MOST_AT_ONCE)

    def _flush_some(self, do_close: bool = True) -> bool:  # noqa: FBT001, FBT002 -- as waitress has it
        """Send what the other end takes, but only so much; the loop comes back for the rest."""
        self._left_this_turn = _MOST_A_TURN
        sent: bool = super()._flush_some(do_close=do_close)
        return sent

    def send(self, data: bytes, do_close: bool = True) -> int:  # noqa: FBT001, FBT002 -- the same
        """Send data, or nothing where this turn is over; returns how many bytes went."""
        if self._left_this_turn <= 0:
            return 0
        sent: int = super().send(data, do_close=do_close)
        self._left_this_turn -= sent
        return sent

    def received(self, data: bytes) -> bool:
        """Take bytes from the sender; returns what waitress' own method returns."""
        taken: bool = super().received(data)
        if self.request is None:
            self._request_began = None
        else:
            self._request_began = self._request_began or time.time()
            self.last_activity = self._request_began
        return taken

    def is_held_by_stranger(self) -> bool:
        """Say whether it may be closed: nobody has proven itself, and no answer is under way."""
        return not (self.proven or self.requests or self.total_outbufs_len)


class RoomyServer(TcpWSGIServer):  # type: ignore[misc]  # the same
    """waitress' server, in which strangers never hold all connections that there are."""

    channel_class = TimelyChannel

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._lookers = ThreadedTaskDispatcher()
        self._lookers.set_thread_count(share_of(self.adj.threads))

    def add_task(self, task: TimelyChannel) -> None:
        """Have a request answered: pages and the API wait for threads of their own.

        So a burst of them waits without a thread, and hooks never wait for it.
        """
        request = task.requests[0]
        request.received_at = time.monotonic()
        # One that cannot be read has no path.
        if request.error is not None or is_for_all_threads(request.path):
            super().add_task(task)
        else:
            self._lookers.add_task(task)

    def run(self) -> None:
        """Serve until a signal ends it."""
        try:
            super().run()
        finally:
            self._lookers.shutdown()

    def handle_accept(self) -> None:
        """Take in who waits; near the limit, close what strangers have held for longest.

        In this order: a new connection would get the number of one that was closed before it, and
        with it what this turn of the loop has still to do for that one.
        """
        strangers = (one for one in self.active_channels.values() if one.is_held_by_stranger())
        oldest = list(islice(strangers, _ROOM))
        for _ in range(_ROOM):
            super().handle_accept()
        too_many = max(0, len(self._map) + _ROOM - self.adj.connection_limit)
        for channel in oldest[:too_many]:
            channel.handle_close()


def connection_limit() -> int:
    """Return how many connections may be open, with as many descriptors as we may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_CONNECTIONS + _DESCRIPTORS_FOR_THE_REST
    allowed = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    if soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max(_FEWEST_CONNECTIONS, allowed - _DESCRIPTORS_FOR_THE_REST)
