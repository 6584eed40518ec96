# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the process of a run: anew, or by a fork server that has imported Ansible."""

from __future__ import annotations

import contextlib
import json
import logging
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from webhook_bridge.executor.child import runner_plugins
from webhook_bridge.executor.fork_requests import ACCEPTED, STALE, own, request, shared
from webhook_bridge.executor.process_tree import END

_log = logging.getLogger(__name__)
# An import of Ansible takes a second; a machine may be busy, or the server may have been stopped.
_ANSWER_WITHIN_S = 30.0
_END_WITHIN_S = 15.0


@dataclass(frozen=True)
class RunStart:
    """What a run's process is started with: it works in `folder`, and `errors` is its stderr."""

    spec: Mapping[str, Any]
    environment: Mapping[str, str]
    folder: Path
    errors: IO[str]


class RunProcess(Protocol):
    """The process of a run."""

    def ended(self, within: float) -> bool:
        """Wait at most `within` seconds; return whether it has ended."""

    def end(self) -> None:
        """End it with all it started, and return when that is done."""


def start_anew(start: RunStart) -> RunProcess:
    """Start a process that imports Ansible; the kernel ends it with the thread that calls this."""
    process = subprocess.Popen(
        [sys.executable, "-m", "webhook_bridge.executor.child"],
        stdin=subprocess.PIPE,
        stdout=start.errors,
        stderr=start.errors,
        cwd=start.folder,
        env=dict(start.environment),
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None  # noqa: S101 -- it was asked for as a pipe
    _hand_over(start.spec, process.stdin)
    return _Started(process)


def _hand_over(spec: Mapping[str, Any], to: IO[str]) -> None:
    # If the process died at once: what it said is read after its end.
    with contextlib.suppress(BrokenPipeError), to:
        to.write(json.dumps(spec))


class _Started:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ended(self, within: float) -> bool:
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self) -> None:
        self._process.send_signal(END)
        self._process.wait()


class _Forked:
    """A run of the fork server: its socket is at its end when nothing of the run is left."""

    def __init__(self, status: socket.socket) -> None:
        self._status = status

    def ended(self, within: float) -> bool:
        # Not select: that takes no descriptor from 1024 on, and each connection has one.
        ready = select.poll()
        ready.register(self._status, select.POLLIN)
        if not ready.poll(within * 1000):
            return False
        self._status.close()
        return True

    def end(self) -> None:
        self._status.shutdown(socket.SHUT_WR)
        self._status.settimeout(None)
        with contextlib.suppress(ConnectionError):
            self._status.recv(1)
        self._status.close()


class ForkServer:
    """The fork server of this process: started with the first run, and anew where it has to be.

    That is when a run has another environment, when a file that was imported has changed, and when
    the server has died. Where that does not help either, a run is started without it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self._leaving: list[_Server] = []

    def start(self, start: RunStart) -> RunProcess:
        """Start a run's process."""
        with self._lock:
            for _ in range(2):
                forked = self._forked(start)
                if forked is not None:
                    return forked
        _log.warning("the fork server does not start; this run starts Ansible anew")
        return start_anew(start)

    def close(self) -> None:
        """End the server, once its last run has ended."""
        with self._lock:
            self._use(None)
            for server in self._leaving:
                server.wait()

    def _forked(self, start: RunStart) -> RunProcess | None:
        environment = shared(start.environment) | runner_plugins(start.environment)
        try:
            if self._server is None or self._server.environment != environment:
                self._use(_Server(environment, self._folder))
            assert self._server is not None  # noqa: S101 -- it was just made
            return self._server.fork(start)
        except OSError as error:
            _log.info("a new fork server is needed: %s", error)
            self._use(None)
            return None

    def _use(self, server: _Server | None) -> None:
        """Let the present server end with its last run."""
        if self._server is not None:
            self._server.close()
            self._leaving.append(self._server)
        self._leaving = [one for one in self._leaving if not one.ended()]
        self._server = server


class _Server:
    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self.environment = environment
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._process = _start_server(theirs, environment, folder)
        except OSError:
            self._control.close()
            raise
        finally:
            theirs.close()

    def fork(self, start: RunStart) -> RunProcess:
        """Return the process of a run. Raises OSError where this server cannot make it."""
        status, source = request(self._control, start.errors)
        with source:
            _await_answer(status)
            _hand_over(_placed(start), source)
        return _Forked(status)

    def close(self) -> None:
        """Say that no more requests come."""
        self._control.close()

    def ended(self) -> bool:
        return self._process.poll() is not None

    def wait(self) -> None:
        """Return when it has ended; one that does not is killed, and what it forked with it."""
        try:
            self._process.wait(_END_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _start_server(
    control: socket.socket, environment: Mapping[str, str], folder: Path
) -> subprocess.Popen[bytes]:
    # No parent-death signal: that is for the thread that starts it, which may end before. The end
    # of the control socket, and of each run's, tells it that this process is gone.
    module = "webhook_bridge.executor.fork_server"
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module, str(control.fileno())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=dict(environment),
        pass_fds=[control.fileno()],
        start_new_session=True,
    )


def _await_answer(status: socket.socket) -> None:
    status.settimeout(_ANSWER_WITHIN_S)
    try:
        answer = status.recv(1)
    except OSError:
        status.close()
        raise
    if answer != ACCEPTED:
        status.close()
        raise OSError("a file that it imported has changed" if answer == STALE else "it has ended")


def _placed(start: RunStart) -> dict[str, Any]:
    """Return the specification of a run, with what a process that is started gets otherwise."""
    return {**start.spec, "environment": own(start.environment), "folder": str(start.folder)}
