# SPDX-License-Identifier: GPL-3.0-or-later
"""A file of known hosts, as OpenSSH reads it: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class KnownHosts:
    """What the file says of a host is never changed here: a key that changed is for a person."""

    file: Path

    def lines_of(self, host: str) -> list[str]:
        """Return the lines that name this host alone.

        Raises OSError where the file is there and cannot be read.
        """
        return [line for line in self._text().splitlines() if line.startswith(f"{host} ")]

    def add(self, host: str, keys: Sequence[str]) -> list[str]:
        """Add the keys of a host that the file does not name, and return their lines.

        Processes may do so at the same time: a line that is there twice does no harm.

        Raises OSError where the file cannot be written.
        """
        lines = [f"{host} {key}" for key in keys]
        text = self._text()
        gap = "" if not text or text.endswith("\n") else "\n"
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, (gap + "".join(f"{line}\n" for line in lines)).encode())
        finally:
            os.close(descriptor)
        return lines

    def _text(self) -> str:
        try:
            # Whatever else people have there: names of hosts are ASCII.
            return self.file.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
