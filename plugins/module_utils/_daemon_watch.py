# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Noticing that the Docker daemon went away, however fast it came back.

The API tells no time at which the daemon started, and with systemd's docker.socket a connection
made meanwhile just waits. A stream of events ends with the daemon's process and with nothing else
(https://docs.docker.com/reference/api/engine/, "Monitor events").
"""

from __future__ import annotations


class DaemonWatch:
    """Reads the stream of events, a connected socket, as far as it has come."""

    def __init__(self, stream):
        self._stream = stream

    def has_ended(self):
        """Whether the daemon that was there at the beginning has gone since."""
        self._stream.setblocking(False)
        try:
            while self._stream.recv(65536):
                continue
        except BlockingIOError:
            return False
        except ConnectionError:
            return True
        return True
