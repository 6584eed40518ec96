# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the time from a push to the last host serving the new version, way by way.

All ways run on the same fleet, which is emptied before each; only the update itself is timed.
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass

from bench.fleet_options import fleet_parser, running_fleet
from bench.floor import floor
from bench.longshore_push import longshore
from bench.tuned_playbook import tuned_playbook
from bench.update import Update
from fleet import Fleet, FleetError, Host
from fleet.observe import served
from fleet.waiting import wait_for

Way = Callable[[Fleet], AbstractContextManager[Update]]

# The first is what the others are compared with.
WAYS: dict[str, Way] = {
    "floor": floor,
    "tuned playbook": tuned_playbook,
    "longshore": longshore("100%"),
    "longshore, canary first": longshore([1, "100%"]),
}


@dataclass(frozen=True)
class Measurement:
    """One update of all hosts."""

    way: str
    round: int
    seconds: float


def main() -> int:
    """Measure all ways and print the table."""
    options = fleet_parser("push_to_serving", __doc__, hosts=5, rounds=3).parse_args()
    try:
        with running_fleet(options) as fleet:
            measurements = measure(fleet, rounds=options.rounds)
    except FleetError as error:
        print(f"push_to_serving: {error}", file=sys.stderr)
        return 1
    print(f"push to serving, {options.hosts} hosts, seconds")
    print(table(measurements))
    return 0


def measure(fleet: Fleet, *, rounds: int) -> list[Measurement]:
    """Measure each way `rounds` times, after one update that is not counted: all layers there."""
    return [
        measurement
        for name, way in WAYS.items()
        for measurement in _measure_way(fleet, name, way, rounds=rounds)
    ]


def table(measurements: list[Measurement]) -> str:
    """Lay out every round of every way, its median and how many floors that is."""
    by_way: dict[str, list[float]] = {}
    for one in measurements:
        by_way.setdefault(one.way, []).append(one.seconds)
    base = statistics.median(next(iter(by_way.values())))
    width = max(len(way) for way in by_way)
    rounds = len(next(iter(by_way.values())))
    numbers = "".join(f"{f'round {number}':>10}" for number in range(1, rounds + 1))
    lines = [f"{'':{width}}{numbers}{'median':>10}{'x floor':>10}"]
    for way, seconds in by_way.items():
        median = statistics.median(seconds)
        each = "".join(f"{one:10.2f}" for one in seconds)
        lines.append(f"{way:{width}}{each}{median:10.2f}{median / base:10.2f}")
    return "\n".join(lines)


def _measure_way(fleet: Fleet, name: str, way: Way, *, rounds: int) -> Iterator[Measurement]:
    fleet.reset()
    with way(fleet) as update:
        _seconds_until_serving(fleet, update, "0")
        for number in range(1, rounds + 1):
            yield Measurement(name, number, _seconds_until_serving(fleet, update, str(number)))


def _seconds_until_serving(fleet: Fleet, update: Update, version: str) -> float:
    started = update(version)
    with ThreadPoolExecutor(len(fleet.hosts)) as pool:
        list(pool.map(lambda host: _wait_until_serving(host, version), fleet.hosts))
    return time.monotonic() - started


def _wait_until_serving(host: Host, version: str) -> None:
    wanted = f"version {version}"
    what = f"{wanted} at http://{host.address}/"
    # The hosts share this machine with whoever asks: ask rarely, and for all ways alike.
    wait_for(lambda: served(host) == wanted, what, seconds=60, pause=0.1)


if __name__ == "__main__":
    sys.exit(main())
