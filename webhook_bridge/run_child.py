# SPDX-License-Identifier: GPL-3.0-or-later
"""The process around one Ansible run; started as `python -m webhook_bridge.run_child`.

It is two processes that watch each other: a guard, and under it the one that calls ansible-runner.
Whichever of them or of the bridge is killed, the others end all that descends from them. The
per-app lock is held by both, so the next run starts only when nothing of this one is left.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from webhook_bridge.descendants import end_descendants, end_with_parent

_LOCK_WITHIN_S = 30.0


def main() -> int:
    """Read the run's specification from standard input, run it, leave nothing behind."""
    spec = json.load(sys.stdin)
    private = Path(tempfile.mkdtemp(prefix="longshore-"))

    def clean() -> None:
        shutil.rmtree(private, ignore_errors=True)

    end_with_parent(spec["parent"], at_end=clean)
    try:
        _lock_app(Path(spec["lock"]))
        return _guard(spec, private, clean)
    finally:
        end_descendants()
        clean()


def _lock_app(file: Path) -> None:
    """Take the app's lock; it is kept until this process and its child are gone."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    deadline = time.monotonic() + _LOCK_WITHIN_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                sys.exit(f"another run of this app holds {file} and does not end")
            time.sleep(0.02)
        else:
            return


def _guard(spec: Mapping[str, Any], private: Path, clean: Callable[[], None]) -> int:
    """Start the process that runs Ansible and wait for it."""
    guard = os.getpid()
    child = os.fork()
    if child == 0:
        end_with_parent(guard, at_end=clean)
        os._exit(_run_ansible(spec, private))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _run_ansible(spec: Mapping[str, Any], private: Path) -> int:
    """Run the playbook and write how it ended; return 0 when that is known."""
    import ansible_runner  # noqa: PLC0415 -- costs 0.3 s: after the fork and the lock

    with Path(spec["log"]).open("a", encoding="utf-8") as log:
        runner = ansible_runner.run(
            private_data_dir=str(private),
            ident=spec["ident"],
            playbook=spec["playbook"],
            inventory=spec["inventory"],
            extravars=spec["extravars"],
            forks=spec["forks"],
            envvars={"ANSIBLE_SSH_CONTROL_PATH_DIR": str(private / "ssh")},
            event_handler=_log_to(log.write, log.flush),
            timeout=spec["deadline"],
            quiet=True,
        )
    end_descendants()
    result = {"exit_code": runner.rc, "status": runner.status}
    Path(spec["result"]).write_text(json.dumps(result), encoding="utf-8")
    return 0


def _log_to(
    write: Callable[[str], object], flush: Callable[[], object]
) -> Callable[[dict[str, Any]], bool]:
    """Return an event handler that keeps what Ansible printed, and no event file."""

    def handle(event: dict[str, Any]) -> bool:
        text = _printable(str(event.get("stdout") or ""))
        if text:
            write(text + "\n")
            flush()
        return False

    return handle


def _printable(text: str) -> str:
    """Return text without control characters: a host must not steer the reader's terminal."""
    return "".join(c for c in text if c in "\n\t" or (c.isprintable() and c != "\x7f"))


if __name__ == "__main__":
    sys.exit(main())
