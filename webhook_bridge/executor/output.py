# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep what Ansible prints in a run: printable text, of bounded size, taken as it comes.

Hosts, images and registries choose parts of it, so nothing ever reads it for its meaning: what a
run did is told by our callback plugin in a file of its own.
"""

from __future__ import annotations

import codecs
import logging
import os
import threading
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

_log = logging.getLogger(__name__)
_CHUNK = 65536
# A result of a module is one line; the callback plugin run_output bounds what is kept of each.
_LONGEST_LINE = 16_384
_LARGEST_LOG = 16 * 1024 * 1024
_CUT = " [cut: the line is longer than 16 KiB]\n"
_FULL = b"\n[the log ends here: it may have 16 MiB; the run went on]\n"


class RunLog:
    """A pipe for Ansible's output, and a thread that writes what comes out of it to a file.

    Used as a context; `descriptor` is for the process that prints. At the end of the context every
    process that has the pipe must be gone, or the thread would wait for it.
    """

    def __init__(self, file: Path, *, largest: int = _LARGEST_LOG) -> None:
        self._file = file
        self._largest = largest
        self._source, self.descriptor = os.pipe()
        self._thread = threading.Thread(target=self._copy, name="run-log")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.close(self.descriptor)
        self._thread.join()
        os.close(self._source)

    def _copy(self) -> None:
        left = self._largest
        with self._file.open("ab", buffering=0) as log:
            for line in printable_lines(self._chunks()):
                left = _write(log, line, left)

    def _chunks(self) -> Iterator[bytes]:
        while chunk := os.read(self._source, _CHUNK):
            yield chunk


def _write(log: FileIO, line: str, left: int) -> int:
    """Write a line if there is room for it; return the room that is left, below 0 for no more."""
    if left < 0:
        return left
    data = line.encode()
    try:
        log.write(data if len(data) <= left else _FULL)
    except OSError as error:
        # The pipe is emptied all the same: who prints into a full one waits for ever.
        _log.error("%s: the log of the run ends here: %s", log.name, error)
        return -1
    return left - len(data)


def printable_lines(chunks: Iterator[bytes]) -> Iterator[str]:
    """Yield lines of printable text; what is too long is cut, what is not UTF-8 is replaced."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    rest = ""
    for chunk in chunks:
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")
        yield from map(_shown, lines)
        # One character more than is shown tells later that the line was cut.
        rest = rest[: _LONGEST_LINE + 1]
    if rest:
        yield _shown(rest)


def _shown(line: str) -> str:
    text = "".join(char for char in line[:_LONGEST_LINE] if char == "\t" or char.isprintable())
    return text + (_CUT if len(line) > _LONGEST_LINE else "\n")
