# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure how soon a host that comes into the inventory serves the release that the others run.

The inventory is an AWS account's (moto's), whose instances are hosts of the fleet, and all settings
are the defaults. Each round brings one host without an event, right after a reading of the
inventory, which is the longest wait, and one with EventBridge's event in the hook's queue.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.fleet_options import fleet_parser, running_fleet
from bench.update import REPOSITORY
from fleet import Fleet, FleetError, Host, images
from fleet.bridge import Bridge, app
from fleet.observe import served
from fleet.waiting import wait_for
from tests.support.aws_account import ENVIRON, Account, aws_account
from tests.support.ec2_fleet import LAUNCHED, Ec2Fleet, bridge_on_aws

WANTED_S = {"without an event": 90, "with an event": 20}


@dataclass
class Cloud:
    """A bridge, and the account that its hosts and its queue are of."""

    account: Account
    group: Ec2Fleet
    bridge: Bridge
    queue: str

    def new_host(self, *, event: bool) -> float:
        """Have one instance more; return after how many seconds it serves."""
        self._wait_for_a_reading()
        before = dict(self.group.hosts)
        self.group.scale(len(before) + 1)
        [new] = [host for name, host in self.group.hosts.items() if name not in before]
        started = time.monotonic()
        if event:
            self.account.send(self.queue, json.dumps(LAUNCHED | {"id": str(uuid.uuid4())}))
        self._wait_until_it_serves(new)
        return time.monotonic() - started

    def begin(self) -> None:
        """Have a first host run a release."""
        self.group.scale(1)
        self.bridge.start()
        self.bridge.notify()
        self.bridge.fleet.registry.push(REPOSITORY, "latest", images.healthy("1"))
        self._wait_until_it_serves(*self.group.hosts.values())

    def _wait_for_a_reading(self) -> None:
        """Return when all is still and the inventory was read just now."""
        self.bridge.wait_until_idle()
        before = self._read_at()
        wait_for(lambda: self._read_at() != before, "a reading", seconds=120, pause=0.2)

    def _read_at(self) -> str:
        return str(self.bridge.app()["inventory"]["read_at"])

    def _wait_until_it_serves(self, *hosts: Host) -> None:
        for host in hosts:
            what = f"the release at {host.name}"
            wait_for(lambda host=host: served(host) == "version 1", what, seconds=300, pause=0.1)  # type: ignore[misc]  # mypy infers no lambda with a default


def main() -> int:
    """Measure, and print a line for each of both ways."""
    options = fleet_parser("new_host", __doc__, hosts=1, rounds=2).parse_args()
    options.hosts += len(WANTED_S) * options.rounds
    print("a new host serves the release, seconds after it came into the inventory", flush=True)
    try:
        with running_fleet(options) as fleet, _cloud(fleet) as cloud:
            cloud.begin()
            for way in [*WANTED_S] * options.rounds:
                seconds = cloud.new_host(event=way == "with an event")
                print(f"{way}: {seconds:.1f} (at most {WANTED_S[way]} wanted)", flush=True)
    except FleetError as error:
        print(f"new_host: {error}", file=sys.stderr)
        return 1
    return 0


@contextmanager
def _cloud(fleet: Fleet) -> Iterator[Cloud]:
    fleet.reset()
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        account = running.enter_context(aws_account())
        os.environ.update(ENVIRON, AWS_ENDPOINT_URL=account.endpoint)
        group, queue = Ec2Fleet(account, fleet), account.new_queue("longshore")
        bridge = bridge_on_aws(folder / "bridge", fleet, queue=queue, endpoint=account.endpoint)
        _have_defaults(bridge)
        running.callback(bridge.stop)
        yield Cloud(account, group, bridge, queue)


def _have_defaults(bridge: Bridge) -> None:
    """Leave out what makes tests quick: how often hosts are asked for, and how long is waited."""
    file = bridge.folder / "longshore.toml"
    quick = ("every =", "catch_up_", "connect_timeout", "registry_patience")
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith(quick)))
    bridge.declare(shop={**app(bridge.fleet, REPOSITORY), "health": {}, "rollout": {}})


if __name__ == "__main__":
    sys.exit(main())
