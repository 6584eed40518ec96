# SPDX-License-Identifier: GPL-3.0-or-later
"""A ProxyCommand that leads to a host, writes down each start, and can be cut.

It stands for those of docs/aws.md (EC2 Instance Connect Endpoint, Session Manager), which have one
process for each connection too. The program is this file.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import sys
from pathlib import Path

_STARTS, _CUT = "starts", "cut"
_CHUNK = 64 * 1024


class Tunnel:
    """Everything of it lies in one folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        (folder / _STARTS).touch()
        self._folder = folder
        self.command = f"{sys.executable} {__file__} {folder} %h %p"

    def starts(self) -> list[str]:
        """Return for each start so far the id of the run that it was for."""
        lines = (self._folder / _STARTS).read_text().splitlines()
        return [Path(line.partition(" ")[2]).parent.name for line in lines]

    def cut(self) -> None:
        """End all connections at once, and let nobody in any more."""
        (self._folder / _CUT).touch()
        for line in (self._folder / _STARTS).read_text().splitlines():
            pid = int(line.partition(" ")[0])
            if _is_ours(pid, self._folder):
                os.kill(pid, signal.SIGKILL)


def _is_ours(pid: int, folder: Path) -> bool:
    """Say whether a process is this program's, and not another one that has got its number."""
    try:
        return str(folder).encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def _relay(line: socket.socket) -> None:
    """Pass on what comes, both ways, until either end has enough."""
    towards = {sys.stdin.fileno(): line.fileno(), line.fileno(): sys.stdout.fileno()}
    with selectors.DefaultSelector() as ready:
        for source in towards:
            ready.register(source, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                piece = os.read(key.fd, _CHUNK)
                if not piece:
                    return
                while piece:
                    piece = piece[os.write(towards[key.fd], piece) :]


def _main(folder: Path, host: str, port: int) -> None:
    with (folder / _STARTS).open("a") as starts:
        starts.write(f"{os.getpid()} {os.environ['LONGSHORE_OUTCOMES']}\n")
    if (folder / _CUT).exists():
        sys.exit("the tunnel is cut")
    with socket.create_connection((host, port)) as line:
        _relay(line)


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
