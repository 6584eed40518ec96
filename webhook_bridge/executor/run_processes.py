# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the process of a run: anew, or by a fork server that has imported Ansible."""

from __future__ import annotations

import contextlib
import json
import logging
import math
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from webhook_bridge.executor.child import runner_plugins
from webhook_bridge.executor.fork_requests import ACCEPTED, STALE, own, request, shared
from webhook_bridge.executor.process_tree import END

_log = logging.getLogger(__name__)
# An import of Ansible takes a second; a machine may be busy, or the server may have been stopped.
_FIRST_ANSWER_WITHIN_S = 30.0
_ANSWER_WITHIN_S = 10.0
_SERVER_ENDS_WITHIN_S = 15.0
# Above what the fork server takes for a run that does not end: 12 s, and 10 s for what is left.
_RUN_ENDS_WITHIN_S = 30.0


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
        _wait_or_kill(self._process, _RUN_ENDS_WITHIN_S)


def _wait_or_kill(process: subprocess.Popen[Any], within: float) -> None:
    """Return when it has ended; kill it where that takes longer, and what it started with it."""
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class _Forked:
    """A run of the fork server: its socket is at its end when nothing of the run is left."""

    def __init__(self, status: socket.socket, server: subprocess.Popen[bytes]) -> None:
        self._status = status
        self._server = server

    def goes_on(self) -> bool:
        """Return whether its end has not been noticed yet."""
        return self._status.fileno() >= 0

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
        if not self.ended(_RUN_ENDS_WITHIN_S):
            _log.error("the fork server does not answer: it is killed, and all runs end with it")
            self._server.kill()
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
        environment = shared(start.environment) | runner_plugins(start.environment)
        for _ in range(2):
            forked = self._forked(start, environment)
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

    def _forked(self, start: RunStart, environment: Mapping[str, str]) -> RunProcess | None:
        server = None
        try:
            server = self._server_for(environment)
            # Without the lock: while a server does not answer, other runs may use the next one.
            return server.fork(start)
        except OSError as error:
            _log.info("a new fork server is needed: %s", error)
            self._give_up(server)
            return None

    def _server_for(self, environment: Mapping[str, str]) -> _Server:
        with self._lock:
            if self._server is None or self._server.environment != environment:
                self._use(_Server(environment, self._folder))
            self._leaving = [one for one in self._leaving if not one.has_left()]
            assert self._server is not None  # noqa: S101 -- it was just made
            return self._server

    def _give_up(self, server: _Server | None) -> None:
        with self._lock:
            if server is self._server:
                self._use(None)

    def _use(self, server: _Server | None) -> None:
        """Have the present server end with its last run."""
        if self._server is not None:
            self._server.close()
            self._leaving.append(self._server)
        self._server = server


class _Server:
    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self.environment = environment
        self._has_answered = False
        self._closed_at = math.inf
        self._runs: list[_Forked] = []
        self._lock = threading.Lock()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(_ANSWER_WITHIN_S)  # it fills up where nobody reads
        try:
            self._process = _start_server(theirs, environment, folder)
        except OSError:
            self._control.close()
            raise
        finally:
            theirs.close()

    def fork(self, start: RunStart) -> RunProcess:
        """Return the process of a run. Raises OSError where this server cannot make it."""
        with self._lock:  # it may be closed for another run meanwhile, and the number be reused
            status, source = request(self._control, start.errors)
            run = _Forked(status, self._process)
            self._runs = [one for one in (*self._runs, run) if one.goes_on()]
        try:
            with source:
                self._await_answer(status)
                _hand_over(_placed(start), source)
        except BaseException:
            status.close()
            raise
        return run

    def _await_answer(self, status: socket.socket) -> None:
        status.settimeout(_ANSWER_WITHIN_S if self._has_answered else _FIRST_ANSWER_WITHIN_S)
        answer = status.recv(1)
        self._has_answered = True
        if answer != ACCEPTED:
            stale = answer == STALE
            raise OSError("a file that it imported has changed" if stale else "it has ended")

    def close(self) -> None:
        """Say that no more requests come."""
        with self._lock:
            self._control.close()
            self._closed_at = time.monotonic()

    def has_left(self) -> bool:
        """Return whether it has ended after it was closed; one that only hangs is killed.

        It may hang while its runs go on: they are left alone, and each of them can end it.
        """
        is_due = time.monotonic() > self._closed_at + _SERVER_ENDS_WITHIN_S
        if is_due and not any(run.goes_on() for run in self._runs):
            self._process.kill()
        return self._process.poll() is not None

    def wait(self) -> None:
        """Return when it has ended; one that does not is killed, and what it forked with it."""
        _wait_or_kill(self._process, _SERVER_ENDS_WITHIN_S)


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


def _placed(start: RunStart) -> dict[str, Any]:
    """Return the specification of a run, with what a process that is started gets otherwise."""
    return {**start.spec, "environment": own(start.environment), "folder": str(start.folder)}
