# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a forked process what a started one is: its descriptors, its signals, its end."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Collection
from pathlib import Path
from typing import NoReturn


def open_descriptors() -> set[int]:
    """Return the descriptors that are open."""
    entries = list(Path("/proc/self/fd").iterdir())
    # One of them was that of the listing.
    return {int(entry.name) for entry in entries if os.path.lexists(entry)}


def close_all_but(kept: Collection[int]) -> None:
    """Close what the process before had open, but for the standard streams and what is kept."""
    for number in open_descriptors():
        if number > 2 and number not in kept:  # noqa: PLR2004 -- stderr
            with contextlib.suppress(OSError):  # closed already: that of the listing itself
                os.close(number)


def reset_signals() -> None:
    """Handle and block what a Python that was just started does."""
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)) and number != signal.SIGINT:
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def become(program: Callable[[], object]) -> NoReturn:
    """Run `program` as a process runs its main function, and end with its exit code."""
    try:
        code = _exit_code(program)
        atexit._run_exitfuncs()  # noqa: SLF001 -- os._exit leaves them out
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 -- nothing may return to what the process before did
        code = 1
    os._exit(code)


def _exit_code(program: Callable[[], object]) -> int:
    """Return the exit code that Python would end with (sys.exit in its documentation)."""
    try:
        code = program()
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001 -- as Python does
        traceback.print_exc()
        return 1
    if code is None or isinstance(code, int):
        return int(code or 0) & 0xFF
    sys.stderr.write(f"{code}\n")
    return 1
