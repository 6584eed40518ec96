# SPDX-License-Identifier: GPL-3.0-or-later
"""Longshore itself: the registry's notification, the bridge, Ansible, the role."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.update import REPOSITORY, Counted, Kind, Update, Way, push_and_start_clock
from fleet import Fleet, images
from fleet.bridge import Bridge, app
from fleet.waiting import wait_for


def longshore(serial: Any, kind: Kind = images.healthy) -> Way:
    """Return the way in which a serving bridge brings a push to the hosts, batch by batch.

    `kind` makes the image of a version.

    `stable_for` is 0 as in the other ways: how long a container is watched after it got healthy
    is the user's choice and would be added to each batch.
    """

    @contextmanager
    def way(fleet: Fleet, counted: Counted) -> Iterator[Update]:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            bridge = Bridge(Path(folder), fleet)
            entry = app(fleet, REPOSITORY, rollout={"serial": serial})
            bridge.declare(shop={**entry, "health": {"timeout": 60, "stable_for": 0}})
            with counted():
                bridge.start()
            bridge.notify()
            try:
                yield Update(
                    lambda version: _push_when_idle(bridge, fleet, version, kind),
                    settle=bridge.wait_until_idle,
                    again=lambda: _deploy_again(bridge),
                )
            finally:
                bridge.stop()

    return way


def _push_when_idle(bridge: Bridge, fleet: Fleet, version: str, kind: Kind) -> float:
    """Push once the run before has ended: its last moments are not part of this update."""
    bridge.wait_until_idle()
    return push_and_start_clock(fleet, version, kind)


def _deploy_again(bridge: Bridge) -> float:
    """Ask for what runs already, by the API; return the seconds until that run has ended."""
    bridge.wait_until_idle()
    before = bridge.runs()[0]["id"]
    started = time.monotonic()
    bridge.post("apps/shop/deploy")
    wait_for(lambda: bridge.runs()[0]["id"] != before, "a run", pause=0.1)
    wait_for(lambda: bridge.runs()[0]["state"] != "running", "its end", pause=0.1)
    return time.monotonic() - started
