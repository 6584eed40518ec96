# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure what a deployment to hundreds of hosts costs the controller: processor time and memory.

The hosts are light ones (bench/light_hosts.py). A run is started as the bridge starts it, by its
fork server, and all its processes are in a control group of their own.
"""

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from bench.control_group import ControlGroup, PeakMemory
from bench.light_hosts import light_hosts
from fleet import FleetError
from webhook_bridge.config.settings import Settings, load_settings
from webhook_bridge.domain.releases import Release
from webhook_bridge.domain.runs import Run, Work
from webhook_bridge.executor.run_processes import ForkServer, RunProcess, RunStart
from webhook_bridge.executor.runner import execute

_IMAGE = "127.0.0.1:1/acme/shop"
_SETTINGS = 'state_dir = "state"\n[ansible]\ninventory = "inventory"\n'
_MIB = 1024 * 1024

Start = Callable[[RunStart], RunProcess]


@dataclass(frozen=True)
class Cost:
    """What one deployment cost: processor time in seconds, peak memory in bytes, and its time."""

    seconds: float
    memory: int
    duration: float


def main() -> int:
    """Measure each number of hosts and print a line for it."""
    options = _parser().parse_args()
    before: tuple[int, float] | None = None
    try:
        for number in options.hosts:
            costs = list(measure(number, rounds=options.rounds))
            print(line(number, costs, before), flush=True)
            before = number, statistics.median(one.seconds for one in costs)
    except FleetError as error:
        print(f"many_hosts: {error}", file=sys.stderr)
        return 1
    return 0


def measure(number: int, *, rounds: int) -> Iterator[Cost]:
    """Deploy to that many hosts `rounds` times, after one time that is not counted."""
    with tempfile.TemporaryDirectory(prefix="light-", dir="/var/tmp") as name:
        folder = Path(name)
        with light_hosts(folder, number), ControlGroup("bench-many-hosts") as group:
            settings = _settings(folder)
            server = ForkServer(settings.state_dir / "runs")

            def start(run: RunStart) -> RunProcess:
                with group.joined():
                    return server.start(run)

            for each in range(rounds + 1):
                cost = _deploy(settings, group, each, start)
                if each:
                    yield cost
            server.close()


def line(number: int, costs: list[Cost], before: tuple[int, float] | None) -> str:
    """Lay out what that many hosts cost, and each beyond those of the line `before`."""
    seconds = [one.seconds for one in costs]
    memory = max(one.memory for one in costs) / _MIB
    said = (
        f"{number} hosts: {statistics.median(seconds):.1f} s of processor time "
        f"({min(seconds):.1f}-{max(seconds):.1f}), at most {memory:.0f} MiB,"
        f" {statistics.median(one.duration for one in costs):.1f} s from start to end"
    )
    if before is None:
        return said
    further = (statistics.median(seconds) - before[1]) / (number - before[0])
    return f"{said}, {further:.3f} s for each host beyond {before[0]}"


def _deploy(settings: Settings, group: ControlGroup, number: int, start: Start) -> Cost:
    used, began = group.seconds(), time.monotonic()
    with PeakMemory(group) as peak:
        report = execute(settings, _work(number), stop=threading.Event(), start=start)
    if report.exit_code != 0:
        log = settings.state_dir / "runs" / str(number) / "log"
        raise FleetError(f"the deployment failed: {report.error}\n{log.read_text()[-3000:]}")
    return Cost(group.seconds() - used, peak.bytes, time.monotonic() - began)


def _work(number: int) -> Work:
    digest = f"sha256:{number:064x}"
    release = Release("shop", _IMAGE, "latest", digest, "deploy", "bench", id="r")
    return Work(release, Run("shop", "r", 1, 1, "deploy", (), {}, str(number)), 0)


def _settings(folder: Path) -> Settings:
    apps = folder / "inventory" / "group_vars" / "all" / "apps.yml"
    apps.parent.mkdir(parents=True)
    shop = {"image": _IMAGE, "track": "latest", "hosts": "web", "rollout": {"serial": "100%"}}
    options = {"restart_policy": "unless-stopped", "env": {"LOG_LEVEL": "info"}}
    app = {**shop, "health": {"timeout": 60, "stable_for": 0}, "container": options}
    apps.write_text(yaml.safe_dump({"apps": {"shop": app}}))
    (folder / "longshore.toml").write_text(_SETTINGS)
    (folder / "state").mkdir()
    return load_settings(folder / "longshore.toml")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.many_hosts", description=__doc__)
    parser.add_argument("--hosts", type=int, nargs="+", default=[50, 200])
    parser.add_argument("--rounds", type=int, default=5)
    return parser


if __name__ == "__main__":
    sys.exit(main())
