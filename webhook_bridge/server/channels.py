# SPDX-License-Identifier: GPL-3.0-or-later
"""How waitress is kept usable under senders that are slow or many."""

from __future__ import annotations

import resource
import time
from typing import Any

from waitress.channel import HTTPChannel
from waitress.task import WSGITask

from webhook_bridge.receiving.answers import PROVEN
from webhook_bridge.server.strict_http import JsonErrorTask, StrictRequest

# Slow senders cost a file descriptor each, not a thread: waitress reads requests without blocking.
_MOST_CONNECTIONS = 1000
_FEWEST_CONNECTIONS = 50
# The database, the logs and the pipes of runs need some too.
_DESCRIPTORS_FOR_THE_REST = 300
# Of a file, read to be sent: waitress takes as much as the kernel would buffer, some megabytes.
_MOST_AT_ONCE = 128 * 1024


class OneWrite(WSGITask):  # type: ignore[misc]  # waitress ships no types
    """Sends head and body of an answer together: one system call, and one packet.

    Only who has proven itself keeps its connection: strangers must not hold all there are.
    """

    wrote_header: bool

    def build_response_header(self) -> bytes:
        """Return the head of the answer, which says whether the connection is closed."""
        self.channel.proven = PROVEN in self.get_environment()
        if not self.channel.proven:
            self.request.headers["CONNECTION"] = "close"
        head: bytes = super().build_response_header()
        return head

    def write(self, data: bytes) -> None:
        """Send a part of the answer."""
        whole = self.content_length is not None and len(data) == self.content_length
        if self.wrote_header or not (data and whole and self.complete and self.has_body):
            super().write(data)
            return
        self.channel.write_soon(self.build_response_header() + data)
        self.wrote_header = True
        self.content_bytes_written = len(data)


class TimelyChannel(HTTPChannel):  # type: ignore[misc]  # the same
    """A connection whose requests must be complete in time.

    waitress closes a connection on which nothing has happened for `channel_timeout`. A sender that
    drips bytes would never be closed, so here only the first byte of a request counts.
    """

    parser_class = StrictRequest
    task_class = OneWrite
    error_task_class = JsonErrorTask
    proven = False
    """Whether its last request came from somebody who knows a secret."""
    _request_began: float | None = None

    def received(self, data: bytes) -> bool:
        """Take bytes from the sender; returns what waitress' own method returns."""
        taken: bool = super().received(data)
        if self.request is None:
            self._request_began = None
        else:
            self._request_began = self._request_began or time.time()
            self.last_activity = self._request_began
        return taken

    def is_busy(self) -> bool:
        """Say whether what it waits for may change without anything coming from the sender."""
        return bool(
            self.requests or self.total_outbufs_len or self.will_close or self.close_when_flushed
        )

    def add_channel(self, map: dict[int, Any] | None = None) -> None:  # noqa: A002 -- waitress' name
        """Be watched from now on."""
        self.sendbuf_len: int = min(self.sendbuf_len, _MOST_AT_ONCE)
        super().add_channel(map)
        self.server.attend(self._fileno, self)

    def del_channel(self, map: dict[int, Any] | None = None) -> None:  # noqa: A002 -- the same
        """Be watched no longer."""
        self.server.forget(self._fileno)
        super().del_channel(map)


def connection_limit() -> int:
    """Return how many connections may be open, with as many descriptors as we may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_CONNECTIONS + _DESCRIPTORS_FOR_THE_REST
    allowed = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    if soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max(_FEWEST_CONNECTIONS, allowed - _DESCRIPTORS_FOR_THE_REST)
