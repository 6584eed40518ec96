# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: python -m fleet.chaos [--rounds N] [--seed N] [--first N]."""

import argparse
import secrets
import sys
import tempfile
import time
from pathlib import Path

from fleet import Fleet, FleetError
from fleet.chaos.campaign import Campaign
from fleet.service import serving


def main() -> int:
    """Play rounds until one breaks an invariant; exit 1 then."""
    options = _parser().parse_args()
    print(f"chaos: seed {options.seed}, {options.rounds} rounds", flush=True)
    fleet = Fleet(options.name, options.hosts, subnet=options.subnet)
    fleet.up()
    try:
        fleet.reset()
        with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
            return _play(fleet, Path(folder), options)
    finally:
        fleet.down()


def _play(fleet: Fleet, folder: Path, options: argparse.Namespace) -> int:
    with serving(folder, fleet) as service:
        campaign = Campaign(service, options.seed)
        for number in range(options.first, options.first + options.rounds):
            wanted = campaign.round(number)
            started = time.monotonic()
            try:
                problems = campaign.play(wanted)
            except (FleetError, OSError) as error:
                problems = [str(error)]
            seconds = time.monotonic() - started
            print(f"{wanted}: {'broken' if problems else 'ok'} after {seconds:.1f} s", flush=True)
            if problems:
                print("\n".join(f"  {problem}" for problem in problems))
                print(f"  again: make chaos SEED={options.seed} FIRST={number} ROUNDS=1")
                return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m fleet.chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--first", type=int, default=1, help="number of the first round")
    parser.add_argument("--hosts", type=int, default=3)
    parser.add_argument("--name", default="longshore-chaos", help="name of the fleet")
    parser.add_argument("--subnet", default="10.74.0", help="first three octets of its addresses")
    return parser


if __name__ == "__main__":
    sys.exit(main())
