# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet of a measurement: the options that choose it, and its time from up to down."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from fleet import Fleet


def fleet_parser(
    bench: str, about: str | None, *, hosts: int, rounds: int, subnet: str = "10.76.0"
) -> argparse.ArgumentParser:
    """Return a parser of what all measurements on hosts ask for; `bench` is a module's name."""
    parser = argparse.ArgumentParser(prog=f"python -m bench.{bench}", description=about)
    parser.add_argument("--hosts", type=int, default=hosts)
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--name", default="longshore-bench", help="name of the fleet")
    parser.add_argument("--subnet", default=subnet, help="first three octets of its addresses")
    return parser


@contextmanager
def running_fleet(options: argparse.Namespace) -> Iterator[Fleet]:
    """Start the fleet that was asked for, and leave nothing of it behind."""
    fleet = Fleet(options.name, options.hosts, subnet=options.subnet)
    fleet.up()
    try:
        yield fleet
    finally:
        fleet.down()
