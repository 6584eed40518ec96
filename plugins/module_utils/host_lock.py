# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One switch per app and host at a time, held by the kernel: it ends with the process."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import stat
import tempfile
import time

POLL_S = 0.1


class LockError(Exception):
    """Another switch holds the lock for too long, or the lock folder is not safe to use."""


def lock_folder():
    """Return the folder for locks of this user, who alone may write there."""
    if os.geteuid() == 0:
        return "/run/longshore"
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        return os.path.join(runtime, "longshore")
    return os.path.join(tempfile.gettempdir(), f"longshore-{os.geteuid()}")


@contextlib.contextmanager
def host_lock(app, *, socket_path, wait, folder=None):
    """Hold the lock of `app` at one daemon, waiting at most `wait` seconds for it."""
    name = f"{app}-{hashlib.sha256(socket_path.encode()).hexdigest()[:12]}.lock"
    handle = _open(_safe_folder(folder or lock_folder()), name)
    try:
        _acquire(handle, app=app, wait=wait)
        _sign(handle)
        yield
    finally:
        os.close(handle)


def _safe_folder(path):
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o700)
    found = os.lstat(path)
    mine = found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & 0o022
    if not (stat.S_ISDIR(found.st_mode) and mine):
        raise LockError(
            f"{path} is not a folder that only this user may write to; remove it and run again"
        )
    return path


def _open(folder, name):
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(os.path.join(folder, name), flags, 0o600)


def _acquire(handle, *, app, wait):
    deadline = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise LockError(_held(handle, app=app, wait=wait)) from None
            time.sleep(POLL_S)
        else:
            return


def _held(handle, *, app, wait):
    holder = os.pread(handle, 200, 0).decode("utf-8", "replace").strip() or "an unknown process"
    return (
        f"another switch of {app} holds this host ({holder}) and did not end within {wait:.0f} s; "
        "run again when it has ended"
    )


def _sign(handle):
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"process {os.getpid()} since {since}".encode(), 0)
