# SPDX-License-Identifier: GPL-3.0-or-later
"""A text in memory that other processes of this user can read by a path, and nobody can change.

Facts: memfd_create(2) (no file system has it, and it ends with the last process that has it open),
F_ADD_SEALS in fcntl(2), /proc/PID/fd in proc(5): to open what is there takes the same user, as
reading that process's memory does.
"""

from __future__ import annotations

import fcntl
import os

_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


def hold_in_memory(text: str) -> str:
    """Return the path of a memory file with this text; it is there as long as this process is."""
    descriptor = os.memfd_create("longshore", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.fchmod(descriptor, 0o400)
    os.write(descriptor, text.encode())
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
    return f"/proc/{os.getpid()}/fd/{descriptor}"
