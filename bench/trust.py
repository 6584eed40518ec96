# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure what can be relied on when something is wrong with an image, a tag or a host.

What runs is read from the hosts' own daemons, never from what the bridge says.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.fleet_options import fleet_parser, running_fleet
from fleet import FleetError, Host, host_faults, images
from fleet.observe import every_host_runs, running_digests
from fleet.service import Service, serving
from fleet.waiting import wait_for

# What an app has that sets nothing.
_DEFAULTS: dict[str, Any] = {"health": {}, "rollout": {}}
_NORMAL_ROUNDS = 3


def main() -> int:
    """Measure all of it and print a line each."""
    options = _parser().parse_args()
    try:
        with _service(options) as shop:
            print(f"trust, {options.hosts} hosts")
            for measure in options.only or _MEASURES:
                print(_MEASURES[measure](shop, options.rounds), flush=True)
    except FleetError as error:
        print(f"trust: {error}", file=sys.stderr)
        return 1
    return 0


def never_healthy(shop: Service, rounds: int) -> str:
    """Count the pushes of a version that never gets healthy after which the old one serves."""
    good = 0
    for _ in range(rounds):
        shop.establish()
        shop.settled(shop.push_version(images.never_healthy))
        good += shop.same_containers() and every_host_runs(shop.fleet, shop.good)
    return f"never healthy: the old container itself serves on all hosts in {good} of {rounds}"


def moved_tag(shop: Service, rounds: int) -> str:
    """Count the rollouts with one digest on all hosts although the tag moved at the canary."""
    shop.fleet.registry.notify(None)
    shop.declare(rollout={"serial": [1, "100%"]})
    good = 0
    for _ in range(rounds):
        wanted = shop.push_version(images.healthy)
        run = shop.bridge.begin("deploy", "shop")
        _wait_for_host(shop.fleet.hosts[0], wanted)
        shop.push_version(images.healthy)
        good += run.wait(120) == 0 and every_host_runs(shop.fleet, wanted)
    shop.bridge.notify()
    return f"moved tag: one digest on all hosts in {good} of {rounds}"


def black_hole(shop: Service, _: int) -> str:
    """Compare the time of the other hosts with and without one that swallows every packet."""
    shop.establish()
    shop.declare(**_DEFAULTS)
    lost, *others = shop.fleet.hosts
    normal = statistics.median(_rollout(shop, others)[0] for _ in range(_NORMAL_ROUNDS))
    with host_faults.black_hole(lost):
        hurt, ended = _rollout(shop, others)
    more = 100 * (hurt / normal - 1)
    return (
        f"black hole: the other {len(others)} run it after {hurt:.1f} s instead of {normal:.1f} s"
        f" ({more:+.0f} %), and the run ends {ended - hurt:.1f} s after them"
    )


def second_deploy(shop: Service, _: int) -> str:
    """Time a deployment of what runs already, and compare the containers before and after."""
    shop.establish()
    started = time.monotonic()
    done = shop.bridge.command("deploy", "shop", "--digest", shop.good)
    seconds = time.monotonic() - started
    same = done.returncode == 0 and shop.untouched()
    return f"second deploy: {seconds:.1f} s, {'nothing changed' if same else 'SOMETHING CHANGED'}"


def _rollout(shop: Service, hosts: list[Host]) -> tuple[float, float]:
    """Push a version; return the seconds until these hosts run it, and until the run's end."""
    started = time.monotonic()
    digest = shop.push_version(images.healthy)
    for host in hosts:
        _wait_for_host(host, digest)
    reached = time.monotonic() - started
    shop.settled(digest)
    return reached, time.monotonic() - started


def _wait_for_host(host: Host, digest: str) -> None:
    what = f"{digest} on {host.name}"
    wait_for(lambda: running_digests(host) == [digest], what, seconds=120, pause=0.1)


_MEASURES = {
    "never-healthy": never_healthy,
    "moved-tag": moved_tag,
    "black-hole": black_hole,
    "second-deploy": second_deploy,
}


@contextmanager
def _service(options: argparse.Namespace) -> Iterator[Service]:
    with running_fleet(options) as fleet:
        fleet.reset()
        with (
            tempfile.TemporaryDirectory(prefix="trust-") as folder,
            serving(Path(folder), fleet) as shop,
        ):
            shop.establish()
            yield shop


def _parser() -> argparse.ArgumentParser:
    parser = fleet_parser("trust", __doc__, hosts=5, rounds=20)
    parser.add_argument("--only", action="append", choices=_MEASURES, help="may be repeated")
    return parser


if __name__ == "__main__":
    sys.exit(main())
