# SPDX-License-Identifier: GPL-3.0-or-later
"""A waitress server to which idle connections cost nothing.

waitress asks every open connection in every turn of its loop whether it wants to read or write:
with 700 idle senders that alone takes longer than answering. Here the kernel keeps the list
(epoll), and only connections with something going on are asked.
"""

from __future__ import annotations

import select
from typing import Any

from waitress import wasyncore
from waitress.server import TcpWSGIServer

_READ = select.EPOLLIN | select.EPOLLPRI
_WRITE = select.EPOLLOUT
# Kept free, so that somebody who connects now is heard before the next turn.
_ROOM = 10


class EpollServer(TcpWSGIServer):  # type: ignore[misc]  # waitress ships no types
    """waitress' server with another loop around the same connections."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._epoll = select.epoll()
        self._wanted: dict[int, int] = {}
        self._busy: dict[int, Any] = {}
        super().__init__(*arguments, **options)
        for descriptor, dispatcher in self._map.items():
            self._watch(descriptor, dispatcher)

    def run(self) -> None:
        """Serve until a signal's SystemExit."""
        try:
            while self._map:
                self._turn()
        except (SystemExit, KeyboardInterrupt):
            self.task_dispatcher.shutdown()

    def attend(self, descriptor: int, channel: Any) -> None:
        """Ask this connection in the next turn what it wants."""
        self._busy[descriptor] = channel

    def forget(self, descriptor: int) -> None:
        """Stop watching a connection that is being closed."""
        self._busy.pop(descriptor, None)
        if self._wanted.pop(descriptor, None):
            self._epoll.unregister(descriptor)

    def maintenance(self, now: float) -> None:
        """Mark connections that were silent too long, as waitress does, and have them closed."""
        super().maintenance(now)
        for descriptor, channel in self.active_channels.items():
            if channel.will_close:
                self.attend(descriptor, channel)

    def close(self) -> None:
        """Close the listening socket."""
        super().close()
        self._epoll.close()

    def _make_room(self) -> None:
        """Near the limit, close the connection that a stranger has held for longest.

        One a turn is enough, because one a turn is accepted. Not among the events of a turn: a
        new connection may get the number of the closed one, and with it an event of that one.
        """
        if len(self._map) < self.adj.connection_limit - _ROOM:
            return
        for channel in self.active_channels.values():  # in the order in which they were opened
            if not channel.proven and not channel.is_busy():
                channel.handle_close()
                return

    def _turn(self) -> None:
        self._make_room()
        self._watch(self._fileno, self)
        for descriptor, channel in list(self._busy.items()):
            # In this order: a thread may finish the request in between, and the connection is
            # to be asked once more after that.
            was_busy = channel.is_busy()
            self._watch(descriptor, channel)
            if not was_busy:
                del self._busy[descriptor]
        for descriptor, events in self._epoll.poll(self.adj.asyncore_loop_timeout):
            found = self._map.get(descriptor)
            if found is not None:
                if descriptor in self.active_channels:
                    self._busy[descriptor] = found
                wasyncore.readwrite(found, events)

    def _watch(self, descriptor: int, dispatcher: Any) -> None:
        """Tell the kernel what a connection waits for, if that has changed."""
        wanted = (_READ if dispatcher.readable() else 0) | (_WRITE if dispatcher.writable() else 0)
        known = self._wanted.get(descriptor, 0)
        if wanted == known:
            return
        if not wanted:
            self._epoll.unregister(descriptor)
        elif known:
            self._epoll.modify(descriptor, wanted)
        else:
            self._epoll.register(descriptor, wanted)
        self._wanted[descriptor] = wanted
