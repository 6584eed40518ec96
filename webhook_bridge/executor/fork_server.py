# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that has imported Ansible and forks a child for each run.

Started by `run_processes` as `python -P -m webhook_bridge.executor.fork_server DESCRIPTOR`, in the
environment of a run but for what differs from run to run: Ansible reads its configuration while it
is imported. It has one thread and never runs a playbook, so its children get a fresh import.

`fork_requests` says what it is asked, and what it answers.
"""

from __future__ import annotations

import contextlib
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
from pathlib import Path
from typing import Any, NoReturn

from webhook_bridge.executor import child
from webhook_bridge.executor.fork_requests import ACCEPTED, DESCRIPTORS, STALE
from webhook_bridge.executor.forked_process import become, close_all_but, open_descriptors
from webhook_bridge.executor.imported_files import ImportedFiles
from webhook_bridge.executor.leftovers import Leftovers
from webhook_bridge.executor.process_tree import END, adopt_orphans, kill
from webhook_bridge.slow_imports import kept_for_good

_LOOK_EVERY_S = 0.05
# A run's first process has 10 s for those that descend from it; one that was stopped never ends.
_END_WITHIN_S = 12.0


def main() -> int:
    """Import Ansible, then fork until the bridge is gone or wants no more."""
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    imported = ImportedFiles(_configurations())
    with kept_for_good():
        imported.add_imported(_import_ansible())
        gc.collect()  # before it is kept for good, and shared with each child
    kept = open_descriptors() - {control.fileno()}
    adopt_orphans()
    ForkServer(control, kept, imported).serve()
    return 0


def _configurations() -> set[str]:
    """Return where Ansible looks for its configuration, whether there is one or not."""
    places = (os.environ.get("ANSIBLE_CONFIG"), "~/.ansible.cfg", "/etc/ansible/ansible.cfg")
    return {str(Path(place).expanduser()) for place in places if place}


def _import_ansible() -> set[str]:
    """Import it, and return the configuration that it has read."""
    from webhook_bridge.executor import forked_ansible  # noqa: PLC0415 -- child.py imports less

    return forked_ansible.prepare()


class ForkServer:
    """Accepts requests, forks a child for each, and ends it when the bridge closes its socket.

    The runs of all apps end with it, so what fails for one request or run fails for that alone.
    """

    def __init__(self, control: socket.socket, kept: set[int], imported: ImportedFiles) -> None:
        self._control = control
        self._kept = kept
        self._imported = imported
        self._runs: dict[int, socket.socket] = {}
        self._kill_at: dict[int, float] = {}
        self._leftovers = Leftovers()
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
        while self._runs or self._leftovers or self._control.fileno() >= 0:
            for key, _ in self._selector.select(self._pause()):
                # A fault of one request or run must not end those of all other apps.
                with contextlib.suppress(OSError):
                    key.data()
            with contextlib.suppress(OSError):  # for the same reason
                self._look()

    def _pause(self) -> float | None:
        """Return how long nothing but a message needs us, in seconds; None where for ever."""
        return _LOOK_EVERY_S if self._leftovers or self._kill_at else None

    def _look(self) -> None:
        now = time.monotonic()
        kill(pid for pid, at in self._kill_at.items() if now > at)
        self._leftovers.close_ended(spared=self._runs)

    def _listen(self, to: socket.socket, act: Callable[[], None]) -> None:
        self._selector.register(to, selectors.EVENT_READ, act)

    def _take_request(self) -> None:
        message, descriptors = self._received()
        if not message:
            self._selector.unregister(self._control)
            self._control.close()
            return
        with contextlib.ExitStack() as received:
            for descriptor in descriptors:
                received.callback(os.close, descriptor)
            # The kernel leaves out those for which there is no room (recv(2), MSG_CTRUNC).
            if len(descriptors) == DESCRIPTORS:
                specification, errors, status = descriptors
                self._answer(specification, errors, socket.socket(fileno=os.dup(status)))

    def _received(self) -> tuple[bytes, list[int]]:
        try:
            message, descriptors, _, _ = socket.recv_fds(self._control, 1, DESCRIPTORS)
        except OSError:
            return b"", []
        return message, descriptors

    def _answer(self, specification: int, errors: int, run: socket.socket) -> None:
        if self._imported.have_changed():
            _say(STALE, run)
            run.close()
        else:
            self._start(specification, errors, run)

    def _start(self, specification: int, errors: int, run: socket.socket) -> None:
        server = os.getpid()
        try:
            pid = os.fork()
        except OSError:  # too many processes, or no memory: the bridge starts this run otherwise
            run.close()
            return
        if pid == 0:
            self._become_run(specification, errors, server)
        self._runs[pid] = run
        self._listen(run, partial(self._end, pid))
        _say(ACCEPTED, run)

    def _become_run(self, specification: int, errors: int, server: int) -> NoReturn:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.dup2(errors, 1)
        os.dup2(errors, 2)
        close_all_but(self._kept | {specification})
        become(lambda: child.run(_entered(specification), parent=server, forked=True))

    def _end(self, pid: int) -> None:
        """The bridge has closed the run's socket: end the run."""
        run = self._runs.get(pid)
        if run is None:  # it ended by itself, and both were noticed at once
            return
        self._selector.unregister(run)
        self._kill_at[pid] = time.monotonic() + _END_WITHIN_S
        os.kill(pid, END)

    def _reap(self) -> None:
        self._woken.recv(512)
        while ended := _ended_child():
            run = self._runs.pop(ended, None)
            self._kill_at.pop(ended, None)
            if run is not None:
                self._forget(run)

    def _forget(self, run: socket.socket) -> None:
        if run.fileno() in self._selector.get_map():
            self._selector.unregister(run)
        self._leftovers.add(run)


def _say(answer: bytes, run: socket.socket) -> None:
    """Answer; where the bridge waits no more, the end of this socket says so next."""
    with contextlib.suppress(OSError):
        run.send(answer)


def _ended_child() -> int:
    """Return the process id of a child that has ended, 0 where none has."""
    try:
        return os.waitpid(-1, os.WNOHANG)[0]
    except ChildProcessError:
        return 0


def _entered(descriptor: int) -> dict[str, Any]:
    """Read a run's specification, and enter its environment and folder."""
    with os.fdopen(descriptor, encoding="utf-8") as source:
        text = source.read()
    if not text:  # the bridge has given this run up, and the file of its errors is another's now
        sys.exit(1)
    spec: dict[str, Any] = json.loads(text)
    os.environ.update(spec["environment"])
    os.chdir(spec["folder"])
    return spec


if __name__ == "__main__":
    sys.exit(main())
