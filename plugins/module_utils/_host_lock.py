# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One switch per app, and per host, at a time, held by the kernel: it ends with the process."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import stat
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
    import tempfile  # noqa: PLC0415 -- few hosts need it, and it takes time to import

    return os.path.join(tempfile.gettempdir(), f"longshore-{os.geteuid()}")


@contextlib.contextmanager
def host_lock(app, *, socket_path, wait, share_host=False, folder=None):
    """Hold the locks of `app` and of the host at one daemon, waiting at most `wait` seconds.

    No other switch of this app runs meanwhile, and none of another app unless both share the host.
    Yields who held it before, in words; empty where nobody had to be waited for.
    """
    where = _safe_folder(folder or lock_folder())
    daemon = hashlib.sha256(socket_path.encode()).hexdigest()[:12]
    deadline = time.monotonic() + wait
    # Always in this order, so that two switches never wait for each other.
    wanted = ((f"{app}-{daemon}", fcntl.LOCK_EX), (f".{daemon}", _mode(share_host)))
    with contextlib.ExitStack() as held:
        before = [_hold(held, where, *each, deadline=deadline) for each in wanted]
        for handle, _holder in before:
            _sign(handle, app)
        yield next((holder for _handle, holder in before if holder), "")


def _mode(share_host):
    return fcntl.LOCK_SH if share_host else fcntl.LOCK_EX


def _hold(held, folder, name, mode, *, deadline):
    handle = _open(folder, f"{name}.lock")
    held.callback(os.close, handle)
    return handle, _acquire(handle, mode, deadline=deadline)


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


def _acquire(handle, mode, *, deadline):
    """Wait for the lock; return who held it meanwhile, or an empty string."""
    holder = ""
    began = time.monotonic()
    while True:
        try:
            fcntl.flock(handle, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(handle)
            if time.monotonic() >= deadline:
                raise LockError(_held(holder, waited=time.monotonic() - began)) from None
            time.sleep(POLL_S)
        else:
            return holder


def _holder(handle):
    return os.pread(handle, 300, 0).decode("utf-8", "replace").strip() or "an unknown process"


def _held(holder, *, waited):
    return (
        f"another switch holds this host ({holder}) and did not end within {waited:.0f} s; run "
        "again when it has ended"
    )


def _sign(handle, app):
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    came_from = origin()
    of_controller = f" for the controller at {came_from}" if came_from else ""
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{app}, process {os.getpid()}{of_controller}, since {since}".encode(), 0)


def origin():
    """Return the address that the SSH connection of this process came from, or empty.

    sudo drops the variable, so it is looked for in the processes above, as far as they may be read.
    """
    pid = os.getpid()
    while pid > 1:
        found = _ssh_client(pid)
        if found:
            return found
        pid = _parent(pid)
    return ""


def _ssh_client(pid):
    pairs = (each.partition(b"=") for each in _read(pid, "environ").split(b"\0"))
    values = (value for name, _equals, value in pairs if name == b"SSH_CONNECTION")
    return next(values, b"").decode("ascii", "replace").partition(" ")[0]


def _parent(pid):
    # The second field is the command in parentheses, which may hold anything.
    fields = _read(pid, "stat").rpartition(b")")[2].split()
    return int(fields[1]) if len(fields) > 1 else 0


def _read(pid, name):
    try:
        with open(f"/proc/{pid}/{name}", "rb") as handle:
            return handle.read()
    except OSError:
        return b""
