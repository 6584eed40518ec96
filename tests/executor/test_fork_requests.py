# SPDX-License-Identifier: GPL-3.0-or-later
"""What fails for one request of a fork server fails for that alone: all runs would end with it."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import IO

import pytest

from tests.support import processes
from tests.support.waiting import wait_for
from webhook_bridge.executor import leftovers, process_tree
from webhook_bridge.executor.fork_requests import ACCEPTED, request
from webhook_bridge.executor.leftovers import Leftovers

# A fork server as its main function makes one, but for the import of Ansible.
SERVER = """
import os, socket, sys
from webhook_bridge.executor import fork_server
from webhook_bridge.executor.forked_process import open_descriptors
from webhook_bridge.executor.imported_files import ImportedFiles
control = socket.socket(fileno=int(sys.argv[1]))
fork_server.adopt_orphans()
imported = ImportedFiles()
server = fork_server.ForkServer(control, open_descriptors() - {control.fileno()}, imported)
"""
FIRST_FORK_FAILS = """
fork = os.fork
def fail():
    os.fork = fork
    raise BlockingIOError(11, "Resource temporarily unavailable")
os.fork = fail
"""
FIRST_IS_STALE = """
answers = iter([True, False])
imported.have_changed = lambda: next(answers)
"""
STOPS_AT_SECOND = """
import signal
stops = iter([False, True, False])
imported.have_changed = lambda: next(stops) and os.kill(os.getpid(), signal.SIGSTOP)
"""
FORKED_STOPS_FIRST = """
import signal
set_wakeup_fd = signal.set_wakeup_fd
def stop(number):
    set_wakeup_fd(number)
    if number == -1:
        os.kill(os.getpid(), signal.SIGSTOP)
signal.set_wakeup_fd = stop
"""


@dataclass
class Bare:
    """A fork server, and what it is asked: before it starts too, to be read at once."""

    errors: IO[str]
    control: socket.socket
    theirs: socket.socket
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    sources: list[IO[str]] = field(default_factory=list)
    runs: list[socket.socket] = field(default_factory=list)

    def start(self, more: str = "") -> int:
        """Start it, with more code before it serves; return its process id."""
        number = self.theirs.fileno()
        program = f"{SERVER}{more}\nserver.serve()\n"
        command = [sys.executable, "-c", program, str(number)]
        process = subprocess.Popen(command, pass_fds=[number])
        self.processes.append(process)
        self.theirs.close()
        return process.pid

    def request(self) -> socket.socket:
        """Ask for a run, which waits for its specification."""
        status, source = request(self.control, self.errors)
        self.sources.append(source)
        self.runs.append(status)
        status.settimeout(30)
        return status

    def give_up_a_request(self) -> None:
        status, source = request(self.control, self.errors)
        source.close()
        status.close()

    def send_one_descriptor(self) -> None:
        socket.send_fds(self.control, [b"r"], [self.errors.fileno()])


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Bare]:
    control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with (tmp_path / "errors").open("w") as errors, control, theirs:
        made = Bare(errors, control, theirs)
        yield made
        control.close()
        for source in made.sources:
            source.close()
        for run in made.runs:
            run.close()
        for process in made.processes:
            process.wait(30)


@pytest.mark.parametrize(
    ("fault", "more"),
    [
        (Bare.give_up_a_request, ""),
        (Bare.give_up_a_request, FIRST_IS_STALE),
        (Bare.send_one_descriptor, ""),
        (Bare.request, FIRST_FORK_FAILS),
    ],
    ids=["given up", "given up and stale", "truncated", "no process"],
)
def test_a_request_that_fails_leaves_the_server_to_the_next(
    bare: Bare, fault: Callable[[Bare], object], more: str
) -> None:
    fault(bare)
    status = bare.request()
    bare.start(more)

    with status:
        assert status.recv(1) == ACCEPTED


def test_a_fork_that_fails_is_said_by_the_end_of_the_runs_socket(bare: Bare) -> None:
    with bare.request() as status:
        bare.start(FIRST_FORK_FAILS)

        assert status.recv(1) == b""


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def test_a_run_that_ends_as_the_bridge_gives_it_up_leaves_the_server_to_the_next(
    bare: Bare,
) -> None:
    ended = bare.request()
    server = bare.start(STOPS_AT_SECOND)
    assert ended.recv(1) == ACCEPTED
    [guard] = processes.children_of(server)

    bare.request()
    wait_for(lambda: is_stopped(server), "the stop of the server")
    os.kill(guard, signal.SIGKILL)
    ended.close()
    wait_for(lambda: not processes.children_of(server), "the end of the run")
    os.kill(server, signal.SIGCONT)

    assert bare.request().recv(1) == ACCEPTED


def test_a_run_that_was_given_up_writes_no_error(bare: Bare) -> None:
    with bare.request() as status:
        bare.start()
        assert status.recv(1) == ACCEPTED
        bare.sources.pop().close()

        assert status.recv(1) == b""

    assert not Path(bare.errors.name).read_text()


def test_a_stopped_run_that_is_to_end_is_killed(bare: Bare) -> None:
    with bare.request() as status, bare.request() as other:
        server = bare.start("fork_server._END_WITHIN_S = 0.1")
        assert status.recv(1) == ACCEPTED
        guard = min(processes.children_of(server))
        assert other.recv(1) == ACCEPTED
        os.kill(guard, signal.SIGSTOP)

        status.shutdown(socket.SHUT_WR)

        assert status.recv(1) == b""
        assert processes.children_of(server), "the other run goes on"


def test_a_run_whose_server_dies_just_after_the_fork_ends(bare: Bare, tmp_path: Path) -> None:
    status = bare.request()
    server = bare.start(FORKED_STOPS_FIRST)
    assert status.recv(1) == ACCEPTED
    [guard] = processes.children_of(server)
    wait_for(lambda: is_stopped(guard), "the stop of the run")
    lock = tmp_path / "lock"
    with lock.open("w") as held, bare.sources[0] as source:
        fcntl.flock(held, fcntl.LOCK_EX)
        json.dump({"environment": {}, "folder": str(tmp_path), "lock": str(lock)}, source)

        bare.processes[0].kill()
        bare.processes[0].wait(30)
        source.close()
        os.kill(guard, signal.SIGCONT)

        wait_for(
            lambda: guard not in processes.with_argument("fork_server.ForkServer"),
            "the end of the run",
            seconds=15,
        )


def test_a_process_that_may_not_be_killed_keeps_no_other_alive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    killed = []

    def kill(pid: int, _signal: int) -> None:
        if pid == 1:
            raise PermissionError
        killed.append(pid)

    monkeypatch.setattr(os, "kill", kill)

    process_tree.kill([1, 2])

    assert killed == [2]


@dataclass
class Left:
    """What is left of runs, as the kernel says, at a time that the test sets."""

    monkeypatch: pytest.MonkeyPatch
    killed: set[int] = field(default_factory=set)
    of_runs: Leftovers = field(default_factory=Leftovers)

    def at(self, now: float, pids: list[int]) -> None:
        """Look at this time, in seconds, while these processes are left."""
        self.monkeypatch.setattr(leftovers, "time", SimpleNamespace(monotonic=lambda: now))
        self.monkeypatch.setattr(leftovers, "descendants", lambda **_: pids)
        self.monkeypatch.setattr(leftovers, "kill", self.killed.update)
        self.of_runs.close_ended(spared=())

    def end_a_run(self, now: float, pids: list[int]) -> socket.socket:
        bridge, run = socket.socketpair()
        bridge.setblocking(False)
        self.monkeypatch.setattr(leftovers, "time", SimpleNamespace(monotonic=lambda: now))
        self.of_runs.add(run)
        self.at(now, pids)
        return bridge


def is_closed(run: socket.socket) -> bool:
    try:
        return run.recv(1) == b""
    except BlockingIOError:
        return False


def test_what_is_left_of_a_run_is_killed_when_it_had_time_to_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = Left(monkeypatch)
    with left.end_a_run(100, [7]) as run:
        left.at(102, [7])
        assert not left.killed
        left.at(104, [7])
        assert left.killed == {7}
        assert not is_closed(run)
        left.at(105, [])
        assert is_closed(run)


def test_a_process_that_cannot_be_killed_holds_up_its_run_for_a_time_and_no_later_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = Left(monkeypatch)
    with left.end_a_run(100, [7]) as first:
        left.at(109, [7])
        with left.end_a_run(109, [7, 8]) as second:
            left.at(111, [7, 8])
            assert is_closed(first)
            assert not is_closed(second), "one of its own is left"
            left.at(112, [7])
            assert is_closed(second)
        with left.end_a_run(113, [7]) as third:
            assert is_closed(third)
    assert not left.of_runs


def test_later_ends_do_not_put_off_the_killing_of_what_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = Left(monkeypatch)
    with left.end_a_run(100, [7]), left.end_a_run(102, [7]):
        left.at(104, [7])
        assert left.killed == {7}
        left.at(105, [])
