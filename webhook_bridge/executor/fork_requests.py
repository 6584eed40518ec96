# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fork server is asked, and what it answers.

A request is one message on the control socket with three descriptors: a pipe with the run's
specification, a file for what is said on stderr, and the run's own socket. On that one it answers
ACCEPTED, or STALE where a file that it imported has changed since. The end of the run's socket
means that nothing of the run is left, and in the other direction that the run shall end. The end
of the control socket means that no more requests come.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import IO

from ansible_collections.longshore.containers.plugins.plugin_utils._lent_login import VARIABLE

ACCEPTED = b"+"
STALE = b"-"
DESCRIPTORS = 3
PER_RUN = frozenset(
    {
        "ANSIBLE_CACHE_PLUGIN_CONNECTION",
        "ANSIBLE_SSH_CONTROL_PATH_DIR",
        "LONGSHORE_OUTCOMES",
        "ORIGINAL_STDOUT_CALLBACK",
        VARIABLE,
    }
)
"""Variables of the environment that differ from run to run, and that no import reads."""


def request(control: socket.socket, errors: IO[str]) -> tuple[socket.socket, IO[str]]:
    """Ask for a process; return the run's socket, and where its specification is to be written.

    Raises OSError where the server is gone.
    """
    status, theirs = socket.socketpair()
    read_end, write_end = os.pipe()
    try:
        sent = [read_end, errors.fileno(), theirs.fileno()]
        socket.send_fds(control, [b"r"], sent)
    except BaseException:
        status.close()
        os.close(write_end)
        raise
    finally:
        theirs.close()
        os.close(read_end)
    return status, os.fdopen(write_end, "w", encoding="utf-8")


def shared(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the part of a run's environment that those of other runs have in common with it."""
    return {name: value for name, value in environment.items() if name not in PER_RUN}


def own(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the part of a run's environment that is its own."""
    return {name: value for name, value in environment.items() if name in PER_RUN}
