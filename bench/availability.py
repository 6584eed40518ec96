# SPDX-License-Identifier: GPL-3.0-or-later
"""Count what clients notice of rollouts: failed requests, and the longest time without an answer.

Behind HAProxy with the hooks of docs/load-balancers.md, and straight at each host's port.
"""

import argparse
import contextlib
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.fleet_options import fleet_parser, running_fleet
from fleet import Fleet, FleetError, images
from fleet.balancer import balancer
from fleet.bridge import Bridge, app
from fleet.load import Load, load_on


@dataclass(frozen=True)
class Rollout:
    """What clients noticed of one rollout: at one address, or at each host's."""

    requests: int
    failed: int
    gaps: tuple[float, ...]


def main() -> int:
    """Measure both ways and print what was seen."""
    options = _parser().parse_args()
    try:
        with tempfile.TemporaryDirectory() as folder, running_fleet(options) as fleet:
            behind = list(behind_balancer(fleet, Path(folder) / "lb", rounds=options.rounds))
            direct = list(fixed_port(fleet, Path(folder) / "direct", rounds=options.gap_rounds))
    except FleetError as error:
        print(f"availability: {error}", file=sys.stderr)
        return 1
    print(_behind_line(behind))
    print(_direct_line(direct))
    return 0


def behind_balancer(fleet: Fleet, folder: Path, *, rounds: int) -> Iterator[Rollout]:
    """Roll out behind HAProxy, host after host, under load."""
    bridge = _deployed(fleet, folder)
    with balancer(folder) as haproxy:
        for number in range(1, rounds + 1):
            with load_on("127.0.0.1", haproxy.port) as load:
                _roll_out(fleet, bridge, number)
            yield _seen([load])


def fixed_port(fleet: Fleet, folder: Path, *, rounds: int) -> Iterator[Rollout]:
    """Roll out without anything in front, under load on each host."""
    bridge = _deployed(fleet, folder)
    for number in range(1, rounds + 1):
        with contextlib.ExitStack() as stack:
            loads = [stack.enter_context(load_on(h.address, clients=2)) for h in fleet.hosts]
            _roll_out(fleet, bridge, number)
        yield _seen(loads)


def _deployed(fleet: Fleet, folder: Path) -> Bridge:
    fleet.reset()
    folder.mkdir()
    bridge = Bridge(folder, fleet)
    bridge.declare(shop=app(fleet, rollout={"serial": 1}))
    _roll_out(fleet, bridge, 0)
    return bridge


def _roll_out(fleet: Fleet, bridge: Bridge, number: int) -> None:
    fleet.registry.push("acme/shop", "latest", images.healthy(str(number)))
    done = bridge.command("deploy", "shop")
    if done.returncode:
        raise FleetError(f"the rollout of version {number} failed:\n{done.stdout}{done.stderr}")


def _seen(loads: list[Load]) -> Rollout:
    requests = sum(len(load.requests) for load in loads)
    failed = sum(len(load.failed) for load in loads)
    return Rollout(requests, failed, tuple(load.longest_gap() for load in loads))


def _behind_line(rollouts: list[Rollout]) -> str:
    requests = sum(one.requests for one in rollouts)
    failed = sum(one.failed for one in rollouts)
    longest = max(gap for one in rollouts for gap in one.gaps)
    return (
        f"behind HAProxy, {len(rollouts)} rollouts: {failed} of {requests} requests failed, "
        f"longest time between two answers {longest:.2f} s"
    )


def _direct_line(rollouts: list[Rollout]) -> str:
    gaps = [gap for one in rollouts for gap in one.gaps]
    return (
        f"stop_first on a fixed port, {len(gaps)} switches: gap median "
        f"{statistics.median(gaps):.2f} s, longest {max(gaps):.2f} s"
    )


def _parser() -> argparse.ArgumentParser:
    parser = fleet_parser("availability", __doc__, hosts=3, rounds=20)
    parser.add_argument("--gap-rounds", type=int, default=5, help="rollouts on a fixed port")
    return parser


if __name__ == "__main__":
    sys.exit(main())
