# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a way takes from a push until the last host serves the new version."""

import time
from concurrent.futures import ThreadPoolExecutor

from bench.update import Update
from fleet import Fleet, Host
from fleet.observe import served
from fleet.waiting import wait_for

_LONGEST_S = 300.0


def seconds_until_serving(fleet: Fleet, update: Update, version: str) -> float:
    """Push a version; return the seconds until each host of the fleet serves it."""
    started = update.push(version)
    with ThreadPoolExecutor(len(fleet.hosts)) as pool:
        list(pool.map(lambda host: _wait_until_serving(host, version), fleet.hosts))
    return time.monotonic() - started


def _wait_until_serving(host: Host, version: str) -> None:
    wanted = f"version {version}"
    what = f"{wanted} at http://{host.address}/"
    # The hosts share this machine with whoever asks: ask rarely, and for all ways alike.
    wait_for(lambda: served(host) == wanted, what, seconds=_LONGEST_S, pause=0.1)
