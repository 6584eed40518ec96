# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the time from a push to the last host serving the new version, way by way.

All ways run on the same fleet, which is emptied before each; only the update itself is timed. For
Longshore also a second, identical deployment, which has nothing to do.
"""

import statistics
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from bench.fleet_options import fleet_parser, running_fleet
from bench.floor import floor
from bench.longshore_push import longshore
from bench.serving import seconds_until_serving
from bench.tuned_playbook import tuned_playbook
from bench.update import Kind, Way, uncounted
from fleet import Fleet, FleetError, images

# The first that is measured is what the others are compared with.
_WAYS: dict[str, Callable[[Kind], Way]] = {
    "floor": floor,
    "tuned playbook": tuned_playbook,
    "longshore": partial(longshore, "100%"),
    "longshore, canary first": partial(longshore, [1, "100%"]),
}


@dataclass(frozen=True)
class Measurement:
    """One update of all hosts."""

    way: str
    seconds: float


def main() -> int:
    """Measure all ways and print the table."""
    parser = fleet_parser("push_to_serving", __doc__, hosts=5, rounds=5)
    parser.add_argument("--only", action="append", choices=_WAYS, help="may be repeated")
    parser.add_argument("--unchecked", action="store_true", help="images without a health check")
    options = parser.parse_args()
    kind = images.unchecked if options.unchecked else images.healthy
    ways = {name: _WAYS[name](kind) for name in options.only or _WAYS}
    try:
        with running_fleet(options) as fleet:
            measurements = measure(fleet, ways, rounds=options.rounds)
    except FleetError as error:
        print(f"push_to_serving: {error}", file=sys.stderr)
        return 1
    print(f"push to serving, {options.hosts} hosts, {options.rounds} rounds")
    print(table(measurements))
    return 0


def measure(fleet: Fleet, ways: Mapping[str, Way], *, rounds: int) -> list[Measurement]:
    """Measure each way `rounds` times, after one update that is not counted: all layers there."""
    return [
        measurement
        for name, way in ways.items()
        for measurement in _measure_way(fleet, name, way, rounds=rounds)
    ]


def table(measurements: list[Measurement]) -> str:
    """Lay out the median and the range of every way, and how many times the first one's it is."""
    by_way: dict[str, list[float]] = {}
    for one in measurements:
        by_way.setdefault(one.way, []).append(one.seconds)
    first = next(iter(by_way))
    base = statistics.median(by_way[first])
    lines = [f"| way | seconds | x {first} |", "|---|---|---|"]
    for way, seconds in by_way.items():
        median = statistics.median(seconds)
        span = f"{min(seconds):.2f}-{max(seconds):.2f}"
        lines.append(f"| {way} | {median:.2f} ({span}) | {median / base:.2f} |")
    return "\n".join(lines)


def _measure_way(fleet: Fleet, name: str, way: Way, *, rounds: int) -> Iterator[Measurement]:
    fleet.reset()
    with way(fleet, uncounted) as update:
        seconds_until_serving(fleet, update, "0")
        for number in range(1, rounds + 1):
            yield Measurement(name, seconds_until_serving(fleet, update, str(number)))
        if update.again is not None:
            for _ in range(rounds):
                yield Measurement(f"{name}, nothing to do", update.again())


if __name__ == "__main__":
    sys.exit(main())
