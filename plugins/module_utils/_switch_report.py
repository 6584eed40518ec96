# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a switch is asked for, and what it answers."""

from __future__ import annotations

from typing import NamedTuple

from ansible_collections.longshore.containers.plugins.module_utils._arguments import (
    START_FIRST,
    STOP_FIRST,
)
from ansible_collections.longshore.containers.plugins.module_utils._health_gate import Health
from ansible_collections.longshore.containers.plugins.module_utils._switch_times import Times


class Order(NamedTuple):
    """What is asked for. Times are in seconds; `stop_timeout` None is the container's own.

    `networks` are what the options of the container called `name` ask for; it has to be in them.
    `restore_container` is the ID of a kept container to start again, in place of the one called
    `name`.
    `protect` are digests whose containers and images are never removed. With `strategy` start_first
    the old container is stopped last, `drain` seconds after the new one proved itself, and only if
    `retire` says so. `times` notes how long parts of it took.
    """

    app: str
    name: str
    digest: str
    health: Health
    times: Times
    keep: int = 2
    stop_timeout: int | None = None
    platform: str | None = None
    networks: tuple = ()
    restore_container: str = ""
    protect: tuple = ()
    strategy: str = STOP_FIRST
    drain: float = 0
    retire: bool = True

    @property
    def is_beside(self):
        """Whether the new container is started while the old one still runs."""
        return self.strategy == START_FIRST


def volumes_left(old, new):
    """Return a sentence for what a container keeps where another cannot get at it."""
    if old is None:
        said = "is in a volume without a name, which the next release does not get"
        return tuple(f"{path} {said}" for path in new.anonymous_volumes)
    left = (path for path in old.anonymous_volumes if path in new.anonymous_volumes)
    said = f"stayed with {old.name}, in a volume without a name"
    return tuple(f"what was in {path} {said}" for path in left)


class Report(NamedTuple):
    """What became of it, in the words of the outcome callback.

    `container` is the name of the one that was asked for, `previous` and `running` are Containers.
    Where `staged` is false it is not on the host, or not whole: nothing was done, and it can be
    staged again.
    """

    outcome: str
    reason: str
    changed: bool = True
    health: str = ""
    log: tuple = ()
    previous: object = None
    running: object = None
    warnings: tuple = ()
    container: str = ""
    staged: bool = True


def result_of(report, order, *, daemon, began, ended):
    """Return what container_switch answers: no option and no environment of a container.

    `began` and `ended` are of the clock of the order's times.
    """
    return {
        "changed": report.changed,
        "outcome": report.outcome,
        "reason": report.reason,
        "digest": order.digest,
        "container": report.container or order.name,
        "health": report.health,
        "log": list(report.log),
        "previous": _brief(report.previous),
        "running": _brief(report.running),
        "daemon": daemon,
        "seconds": round(ended - began, 2),
        "parts": order.times.since(began),
        "staged": report.staged,
        "diff": _diff(report, order),
    }


def _brief(container):
    if container is None:
        return None
    name = container.release_name
    return {"container": container.id, "name": name, "digest": container.digest}


def _diff(report, order):
    after = {"container": report.container or order.name, "digest": order.digest}
    before = _shown(report.previous) or (after if report.outcome == "unchanged" else {})
    kept = report.outcome in ("restored", "failed")
    return {"before": before, "after": before if kept else after}


def _shown(container):
    return container and {"container": container.release_name, "digest": container.digest}
