# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that has imported Ansible and forks a child for each run.

Started by `run_processes` as `python -P -m webhook_bridge.executor.fork_server DESCRIPTOR`, in the
environment of a run but for what differs from run to run: Ansible reads its configuration while it
is imported. It has one thread and never runs a playbook, so its children get a fresh import.

`fork_requests` says what it is asked, and what it answers.
"""

from __future__ import annotations

import gc
import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

from webhook_bridge.executor import child
from webhook_bridge.executor.fork_requests import ACCEPTED, DESCRIPTORS, STALE
from webhook_bridge.executor.forked_process import become, close_all_but, open_descriptors
from webhook_bridge.executor.imported_files import ImportedFiles
from webhook_bridge.executor.process_tree import (
    END,
    adopt_orphans,
    descendants,
    end_descendants,
)

_LOOK_EVERY_S = 0.05
# What the processes of a run have for their files before they are killed.
_CLEAN_WITHIN_S = 3.0


def main() -> int:
    """Import Ansible, then fork until the bridge is gone or wants no more."""
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    places = _import_ansible()
    kept = open_descriptors() - {control.fileno()}
    gc.collect()
    gc.freeze()  # what was imported stays shared with the children: nothing looks at it again
    adopt_orphans()
    ForkServer(control, kept, ImportedFiles(places)).serve()
    return 0


def _import_ansible() -> set[str]:
    """Import it, and return where it looked for its configuration."""
    from webhook_bridge.executor import forked_ansible  # noqa: PLC0415 -- child.py imports less

    return forked_ansible.prepare()


class ForkServer:
    """Accepts requests, forks a child for each, and ends it when the bridge lets go of it."""

    def __init__(self, control: socket.socket, kept: set[int], imported: ImportedFiles) -> None:
        self._control = control
        self._kept = kept
        self._imported = imported
        self._runs: dict[int, socket.socket] = {}
        self._ending: list[socket.socket] = []
        self._kill_at = 0.0
        # Not epoll: a child would share it.
        self._selector = selectors.PollSelector()
        self._wake, self._woken = socket.socketpair()

    def serve(self) -> None:
        """Fork until the control socket is at its end and the last run is."""
        self._wake.setblocking(False)
        signal.set_wakeup_fd(self._wake.fileno())
        signal.signal(signal.SIGCHLD, lambda _signal, _frame: None)
        self._listen(self._woken, self._reap)
        self._listen(self._control, self._take_request)
        while self._runs or self._ending or self._control.fileno() >= 0:
            for key, _ in self._selector.select(_LOOK_EVERY_S if self._ending else None):
                key.data()
            self._close_ended()

    def _listen(self, to: socket.socket, act: Callable[[], None]) -> None:
        self._selector.register(to, selectors.EVENT_READ, act)

    def _take_request(self) -> None:
        message, descriptors, _, _ = socket.recv_fds(self._control, 1, DESCRIPTORS)
        if not message:
            self._selector.unregister(self._control)
            self._control.close()
            return
        specification, errors, status = descriptors
        run = socket.socket(fileno=status)
        if self._imported.have_changed():
            run.send(STALE)
            run.close()
        else:
            self._start(specification, errors, run)
        os.close(specification)
        os.close(errors)

    def _start(self, specification: int, errors: int, run: socket.socket) -> None:
        pid = os.fork()
        if pid == 0:
            self._become_run(specification, errors)
        self._runs[pid] = run
        self._listen(run, partial(self._end, pid))
        run.send(ACCEPTED)

    def _become_run(self, specification: int, errors: int) -> NoReturn:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        server = os.getppid()
        os.setsid()
        os.dup2(errors, 1)
        os.dup2(errors, 2)
        close_all_but(self._kept | {specification})
        become(lambda: child.run(_entered(specification), parent=server, forked=True))

    def _end(self, pid: int) -> None:
        """The bridge has closed the run's socket: end the run."""
        self._selector.unregister(self._runs[pid])
        os.kill(pid, END)

    def _reap(self) -> None:
        self._woken.recv(512)
        while ended := _ended_child():
            run = self._runs.pop(ended, None)
            if run is not None:
                self._forget(run)

    def _forget(self, run: socket.socket) -> None:
        if run.fileno() in self._selector.get_map():
            self._selector.unregister(run)
        self._ending.append(run)
        self._kill_at = time.monotonic() + _CLEAN_WITHIN_S

    def _close_ended(self) -> None:
        """Close the sockets of runs of which nothing is left.

        A run's first process ends the others, and they themselves when it dies. What they started
        comes to us if all of them are killed.
        """
        if not self._ending:
            return
        if time.monotonic() > self._kill_at:
            end_descendants(spared=self._runs)
        if not descendants(spared=self._runs):
            for run in self._ending:
                run.close()
            self._ending.clear()


def _ended_child() -> int:
    """Return the process id of a child that has ended, 0 where none has."""
    try:
        return os.waitpid(-1, os.WNOHANG)[0]
    except ChildProcessError:
        return 0


def _entered(descriptor: int) -> dict[str, Any]:
    """Read a run's specification, and enter its environment and folder."""
    with os.fdopen(descriptor, encoding="utf-8") as source:
        spec: dict[str, Any] = json.load(source)
    os.environ.update(spec["environment"])
    os.chdir(spec["folder"])
    return spec


if __name__ == "__main__":
    sys.exit(main())
