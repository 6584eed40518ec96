# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: python -m fleet up | down | status | inventory."""

import argparse
import sys
import time
from pathlib import Path

from fleet.errors import FleetError
from fleet.fleet import DEFAULT_NAME, DEFAULT_SUBNET, Fleet


def main() -> int:
    options = _parser().parse_args()
    try:
        return int(options.command(options))
    except FleetError as error:
        print(f"fleet: {error}", file=sys.stderr)
        return 1


def _up(options: argparse.Namespace) -> int:
    started = time.monotonic()
    fleet = Fleet(options.name, options.hosts, subnet=options.subnet, state=options.state)
    fleet.up()
    if options.notify_url:
        token = options.notify_token_file.read_text().strip() if options.notify_token_file else ""
        fleet.registry.notify(options.notify_url, token)
    inventory = fleet.write_inventory(fleet.layout.state / "hosts.ini")
    for host in fleet.hosts:
        print(f"{host.name}  {host.address}  {host.docker_socket}")
    print(f"registry   {fleet.registry.address}")
    print(f"inventory  {inventory}")
    print(f"up in {time.monotonic() - started:.1f} s")
    return 0


def _down(options: argparse.Namespace) -> int:
    Fleet(options.name, state=options.state).down()
    return 0


def _status(options: argparse.Namespace) -> int:
    """Exit 0 when all is up, 3 when something is not, as service managers do."""
    fleet = Fleet.of_state(options.name, state=options.state)
    for host in fleet.hosts:
        print(f"{host.name}  {host.address}  {'up' if host.is_up() else 'down'}")
    print(f"registry  {fleet.registry.address}  {'up' if fleet.registry.pids() else 'down'}")
    return 0 if fleet.is_up() else 3


def _inventory(options: argparse.Namespace) -> int:
    fleet = Fleet.of_state(options.name, state=options.state)
    print(fleet.write_inventory(fleet.layout.state / "hosts.ini").read_text(), end="")
    return 0


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--name", default=DEFAULT_NAME, help="name of the fleet")
    common.add_argument("--state", type=Path, help="its folder (/var/tmp/fleet-NAME)")
    common.add_argument(
        "--subnet", default=DEFAULT_SUBNET, help="first three octets of its addresses"
    )
    parser = argparse.ArgumentParser(prog="python -m fleet", description=__doc__)
    actions = parser.add_subparsers(required=True, metavar="up|down|status|inventory")
    for name, command, text in (
        ("up", _up, "start the hosts and the registry, or mend what runs"),
        ("down", _down, "remove all of it"),
        ("status", _status, "say what runs"),
        ("inventory", _inventory, "print an Ansible inventory"),
    ):
        action = actions.add_parser(name, help=text, parents=[common])
        action.set_defaults(command=command)
        if name == "up":
            _add_up_options(action)
    return parser


def _add_up_options(action: argparse.ArgumentParser) -> None:
    action.add_argument("--hosts", type=int, default=3)
    action.add_argument("--notify-url", help="where the registry sends its notifications")
    action.add_argument("--notify-token-file", type=Path, help="file with the bearer token")


if __name__ == "__main__":
    sys.exit(main())
