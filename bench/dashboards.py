# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure pages and hooks beside many who look, right after a restart.

`python -m bench.dashboards`: with 10 000 deliveries, 1 000 runs and 300 hosts x 20 apps, how long
each page takes beside 50 open dashboards and 100 deliveries a second; and how long a hook takes
beside these, 20 pipelines that wait, a reader of a log of 100 000 lines, and a registry that does
not answer. Fails when a delivery is refused. Who looks runs on the same machine, and takes its
share of it; who opens the pages that are timed, and who reads the log, is a process of its own, so
that the times hold no time in which clients wait for one another.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import shutil
import socket
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

from bench.ack_bridge import ServingBridge, refuse_memory, serving
from bench.ack_load import Measured, pace
from bench.dashboards_load import (
    Client,
    Times,
    asker,
    dashboard,
    pipeline,
    probe,
    read_log,
)
from bench.dashboards_store import Installation, installation

_DASHBOARDS, _PIPELINES, _PER_SECOND = 50, 20, 100
_PAGE_P95_MS, _HOOK_P99_MS = 300, 250
# Fewer deliveries than are wanted would make it easier.
_FEWEST_OF_WANTED = 0.97
_LEAST_TIMES = 5


def main() -> None:
    """Fill a store, serve it twice, and print the figures beside their targets."""
    options = _options()
    if shutil.which("hey") is None:
        sys.exit("hey is not installed; run: apt-get install hey")
    refuse_memory(options.folder)
    with (
        socket.create_server(("127.0.0.1", 0), backlog=200) as silent,
        tempfile.TemporaryDirectory(prefix="longshore-dashboards-", dir=options.folder) as name,
    ):
        made = installation(Path(name), silent=f"127.0.0.1:{silent.getsockname()[1]}")
        print(f"filled; load average {os.getloadavg()[0]:.1f}")
        _report_pages(*_serve(made, options.seconds, alone=True))
        _report_hook(*_serve(made, options.seconds, alone=False))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.dashboards", description=__doc__)
    parser.add_argument("--seconds", type=int, default=30, help="of each part (default: 30)")
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp"), help="on a local disk")  # noqa: S108 -- a folder of its own with a random name is made there
    return parser.parse_args()


def _serve(made: Installation, seconds: int, *, alone: bool) -> tuple[Times, Measured, float]:
    """Start the bridge, and measure at once; return the times, those of hooks, and its CPU time."""
    with (
        _waiting_process() as process,
        serving(made.folder, port=made.port, secret=made.hub) as bridge,
    ):
        statuses = [] if alone else [_deliver(made, number) for number in range(_PIPELINES)]
        times = Times()
        began = _cpu_s(made)
        hooks = asyncio.run(_look(made, bridge, times, statuses, process, seconds=seconds))
        return times, hooks, (_cpu_s(made) - began) / seconds


async def _look(
    made: Installation,
    bridge: ServingBridge,
    times: Times,
    statuses: Sequence[str],
    process: ProcessPoolExecutor,
    *,
    seconds: int,
) -> Measured:
    until = time.perf_counter() + seconds
    pages = _pages(made)
    cookie = {"Cookie": f"longshore-session={made.session}", "Accept": "text/html"}
    tasks = [
        dashboard(Client(made.port, cookie), pages[number % len(pages)], times, until)
        for number in range(_DASHBOARDS)
    ]
    if statuses:
        tasks += _others(made, times, statuses, until)
        log = f"/runs/{made.run}/log.txt"
        apart = process.submit(read_log, made.port, cookie, log, until)
    else:
        apart = process.submit(probe, made.port, cookie, pages, until)
    tasks.append(_take_in(times, apart))
    posting = asyncio.to_thread(pace, bridge, per_second=_PER_SECOND, seconds=seconds)
    hooks, *_ = await asyncio.gather(posting, *tasks)
    return hooks


async def _take_in(times: Times, others: Future[Times]) -> None:
    times.add(await asyncio.wrap_future(others))


def _others(
    made: Installation, times: Times, statuses: Sequence[str], until: float
) -> list[Coroutine[None, None, None]]:
    """Return pipelines, and two who ask a registry that is silent."""
    bearer = {"Authorization": f"Bearer {made.ci}"}
    token = {"Authorization": f"Bearer {made.token}"}
    tags = "/api/v1/apps/app-00/tags"
    return [
        *(pipeline(Client(made.port, bearer), one, times, until) for one in statuses),
        *(asker(Client(made.port, token), tags, times, until) for _ in range(2)),
    ]


def _waiting_process() -> ProcessPoolExecutor:
    """Return another process that is there already: who opens pages does so from the start on."""
    process = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    process.submit(os.getpid).result()
    return process


def _pages(made: Installation) -> list[str]:
    return [
        "/",
        "/apps/app-00",
        f"/runs/{made.run}",
        "/deliveries",
        "/hooks",
        "/hook/hub",
        "/events",
        "/explain",
    ]


def _deliver(made: Installation, number: int) -> str:
    """Tell of a push to the registry that does not answer; return the path of its status."""
    body = {"image": f"{made.silent}/acme/shop", "tag": "latest"}
    request = urllib.request.Request(
        f"http://127.0.0.1:{made.port}/hooks/ci",
        data=json.dumps(body).encode(),
        headers={
            "Content-Type": "application/json",
            "Authorization": f"Bearer {made.ci}",
            "Idempotency-Key": str(number),
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 -- http, to ourselves
        return str(answer.headers["Location"])


def _cpu_s(made: Installation) -> float:
    """Return the processor time of the bridge and its ended children, in seconds (proc(5))."""
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if str(made.folder).encode() in (folder / "cmdline").read_bytes():
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                ticks += sum(int(one) for one in fields[11:15])
        except OSError:  # it has ended
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def _report_pages(times: Times, hooks: Measured, cpu: float) -> None:
    print(f"each page, beside {_DASHBOARDS} dashboards and {_PER_SECOND} deliveries a second:")
    _report(times, hooks, cpu)
    for what, taken in sorted(times.taken.items()):
        if what.startswith("page "):
            p95 = _percentile(taken, 95)
            _print_target(f"{what}: p95 {p95:.0f} ms, at most {_PAGE_P95_MS}", p95 <= _PAGE_P95_MS)


def _report_hook(times: Times, hooks: Measured, cpu: float) -> None:
    print("a hook, beside these, pipelines, a log's reader and a silent registry:")
    _report(times, hooks, cpu)
    p99 = hooks.p99_ms
    _print_target(f"hook: p99 {p99:.0f} ms, at most {_HOOK_P99_MS}", p99 <= _HOOK_P99_MS)


def _report(times: Times, hooks: Measured, cpu: float) -> None:
    if hooks.failed:
        sys.exit(f"{hooks.failed} of {hooks.answered} deliveries were not acknowledged")
    wanted = f"deliveries: {hooks.per_second:.1f} a second, {_PER_SECOND} wanted"
    _print_target(wanted, hooks.per_second >= _FEWEST_OF_WANTED * _PER_SECOND)
    print(f"  load average {os.getloadavg()[0]:.1f}; the bridge took {cpu:.2f} of a core")
    print(f"  hook: p50 {hooks.p50_ms:.1f} ms, p99 {hooks.p99_ms:.1f} ms, {hooks.per_second:.0f}/s")
    for what, taken in sorted(times.taken.items()):
        p50, p95 = _percentile(taken, 50), _percentile(taken, 95)
        print(f"  {what}: {len(taken)} answers, p50 {p50:.0f} ms, p95 {p95:.0f} ms")
    for what, count in sorted(times.failed.items()):
        print(f"  {what}: {count} without success")


def _percentile(taken: Sequence[float], percent: int) -> float:
    if len(taken) < _LEAST_TIMES:
        return max(taken)
    return statistics.quantiles(taken, n=100, method="inclusive")[percent - 1]


def _print_target(text: str, met: bool) -> None:  # noqa: FBT001 -- as the line reads
    print(f"{'met' if met else 'MISSED'}: {text}")


if __name__ == "__main__":
    main()
