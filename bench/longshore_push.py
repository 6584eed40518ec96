# SPDX-License-Identifier: GPL-3.0-or-later
"""Longshore itself: the registry's notification, the bridge, Ansible, the role."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from bench.update import REPOSITORY, Update, push_and_start_clock
from fleet import Fleet
from fleet.bridge import Bridge, app


def longshore(serial: Any) -> Callable[[Fleet], AbstractContextManager[Update]]:
    """Return the way in which a serving bridge brings a push to the hosts, batch by batch.

    `stable_for` is 0 as in the other ways: how long a container is watched after it got healthy
    is the user's choice and would be added to each batch.
    """

    @contextmanager
    def way(fleet: Fleet) -> Iterator[Update]:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            bridge = Bridge(Path(folder), fleet)
            entry = app(fleet, REPOSITORY, rollout={"serial": serial})
            bridge.declare(shop={**entry, "health": {"timeout": 60, "stable_for": 0}})
            bridge.start()
            bridge.notify()
            try:
                yield lambda version: _push_when_idle(bridge, fleet, version)
            finally:
                bridge.stop()

    return way


def _push_when_idle(bridge: Bridge, fleet: Fleet, version: str) -> float:
    """Push once the run before has ended: its last moments are not part of this update."""
    bridge.wait_until_idle()
    return push_and_start_clock(fleet, version)
