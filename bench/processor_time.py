# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure what a deployment costs the controller: processor time for each further host.

The bridge with all it starts, or `ansible-playbook` with all it starts, is in a control group of
its own; the hosts are not. The images have no health check, which costs hosts alone.
"""

import statistics
import sys
from collections.abc import Iterator

from bench.control_group import ControlGroup
from bench.fleet_options import fleet_parser, running_fleet
from bench.longshore_push import longshore
from bench.serving import seconds_until_serving
from bench.tuned_playbook import tuned_playbook
from bench.update import Way
from fleet import Fleet, FleetError, images

_WAYS: dict[str, Way] = {
    "tuned playbook": tuned_playbook(images.unchecked),
    "longshore": longshore("100%", images.unchecked),
}


def main() -> int:
    """Measure each way on few and on many hosts, and print the table."""
    parser = fleet_parser("processor_time", __doc__, hosts=20, rounds=5)
    parser.add_argument("--few", type=int, default=5, help="what --hosts are compared with")
    parser.add_argument("--only", action="append", choices=_WAYS, help="may be repeated")
    options = parser.parse_args()
    wanted = options.only or list(_WAYS)
    seen: dict[int, dict[str, list[float]]] = {}
    many = options.hosts
    try:
        for hosts in (options.few, many):
            options.hosts = hosts
            with running_fleet(options) as fleet:
                seen[hosts] = {
                    name: list(_measure(fleet, _WAYS[name], rounds=options.rounds))
                    for name in wanted
                }
                print(lines(seen, hosts, options.few), flush=True)
    except FleetError as error:
        print(f"processor_time: {error}", file=sys.stderr)
        return 1
    return 0


def lines(seen: dict[int, dict[str, list[float]]], hosts: int, few: int) -> str:
    """Lay out the processor time of one size of fleet and what each host beyond `few` cost."""
    return "\n".join(_line(seen, name, hosts, few) for name in seen[hosts])


def _line(seen: dict[int, dict[str, list[float]]], name: str, hosts: int, few: int) -> str:
    used = seen[hosts][name]
    line = (
        f"{hosts} hosts, {name}: {statistics.median(used):.2f} s of processor time "
        f"({min(used):.2f}-{max(used):.2f})"
    )
    if hosts == few:
        return line
    more = statistics.median(used) - statistics.median(seen[few][name])
    return f"{line}, {more / (hosts - few):.3f} s for each further host"


def _measure(fleet: Fleet, way: Way, *, rounds: int) -> Iterator[float]:
    fleet.reset()
    with (
        ControlGroup(f"bench-{fleet.layout.name}") as group,
        way(fleet, group.joined) as update,
    ):
        seconds_until_serving(fleet, update, "0")
        for number in range(1, rounds + 1):
            update.settle()
            before = group.seconds()
            seconds_until_serving(fleet, update, str(number))
            update.settle()
            yield group.seconds() - before


if __name__ == "__main__":
    sys.exit(main())
