# SPDX-License-Identifier: GPL-3.0-or-later
"""Two processes on one database: what threads cannot show."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.file_locks import FileLock, WorkerIdentity
from webhook_bridge.store import Store, deliveries, releases, runs

V1 = f"sha256:{'1' * 64}"
ADD = """
import sys; from pathlib import Path
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.store import Store, deliveries
store = Store(Path(sys.argv[1])); store.migrate()
for n in range(100):
    with store.write() as c:
        deliveries.add(c, NewDelivery("hub", "dockerhub", "", {}, b"{}", float(n)))
"""
CLAIM = """
import sys; from pathlib import Path
from webhook_bridge.runs import leases
from webhook_bridge.store import Store
store = Store(Path(sys.argv[1]))
got = 0
for n in range(200):
    with store.write() as c:
        got += leases.acquire(c, f"app{n}", worker=sys.argv[2], now=9.0) is not None
print(got)
"""
HOLD = """
import sys, time; from pathlib import Path
from webhook_bridge.file_locks import WorkerIdentity
print(WorkerIdentity(Path(sys.argv[1])).id, flush=True); sys.stdin.read()
"""


def python(program: str, *arguments: object, **options: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)


def test_two_processes_lose_none_of_each_others_rows(tmp_path: Path) -> None:
    file = tmp_path / "longshore.db"
    both = [python(ADD, file), python(ADD, file)]

    for process in both:
        process.communicate()

    assert [process.returncode for process in both] == [0, 0]
    store = Store(file)
    with store.read() as connection:
        assert len({one.id for one in deliveries.latest(connection, limit=500)}) == 200
    store.close()


def test_a_new_database_that_another_process_is_writing_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "longshore.db"
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.2, other.execute, ["COMMIT"]).start()
    store = Store(file)

    store.migrate()

    with store.read() as connection:
        assert deliveries.latest(connection, limit=1) == []
    store.close()
    other.close()


def test_two_processes_never_claim_the_same_app(store: Store) -> None:
    for n in range(200):
        new = NewRelease(f"app{n}", "r/x", "latest", V1, "delivery", "hook hub")
        with store.write() as connection:
            releases.desire(connection, new, now=1.0)
    both = [python(CLAIM, store.file, worker) for worker in ("one", "two")]

    claimed = [int(process.communicate()[0]) for process in both]

    assert sum(claimed) == 200
    with store.read() as connection:
        started = runs.latest(connection, app=None, limit=500)
    assert len({run.app for run in started}) == len(started) == 200


def test_a_worker_is_alive_while_its_process_is_and_dead_after_a_kill(tmp_path: Path) -> None:
    me = WorkerIdentity(tmp_path)
    with python(HOLD, tmp_path, stdin=subprocess.PIPE) as other:
        assert other.stdout is not None
        worker = other.stdout.readline().strip()

        assert not me.is_dead(worker)
        other.kill()
        other.wait()
        assert me.is_dead(worker)
    me.close()


def test_a_worker_is_never_dead_to_itself_but_one_that_nobody_knows_is(tmp_path: Path) -> None:
    me = WorkerIdentity(tmp_path)

    assert not me.is_dead(me.id)
    assert me.is_dead("00000000-0000-0000-0000-000000000000")
    me.close()


def test_a_lock_is_had_by_one_at_a_time(tmp_path: Path) -> None:
    one, other = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")

    with one:
        assert one.acquire()
        assert not other.acquire()
    assert other.acquire()
    other.release()
