# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look at a host shows: its containers of one app, or why it could not be looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HostState:
    """One host and one app.

    `digest` is the one that runs there: empty where nothing runs, None where nobody has seen it.
    `container` (a name), `container_id` and `daemon` are what was seen last, and `health` how that
    container is: its state where it is paused or restarting. `deployed_container`,
    `deployed_container_id` and `deployed_daemon` are what a run of ours left there.
    `rejected_digest` is one that this host put back, and that no reconcile brings again. `attempts`
    and `due_at` are the back-off of reconcile runs. `failed` says that a run failed there, left
    nothing running, and that nothing was seen to run there since. `extra_container` is the name of
    a second container that was seen to run there, and `other_options` names the options in which
    the container differs from those that it should have.
    """

    app: str
    host: str
    reached: bool = False
    seen_at: float | None = None
    reason: str = ""
    digest: str | None = None
    container: str | None = None
    container_id: str | None = None
    daemon: str | None = None
    health: str | None = None
    deployed_container: str | None = None
    deployed_container_id: str | None = None
    deployed_daemon: str | None = None
    rejected_digest: str | None = None
    kept: tuple[KeptContainer, ...] = ()
    attempts: int = 0
    due_at: float = 0.0
    extra_container: str | None = None
    other_options: tuple[str, ...] = ()
    failed: bool = False


@dataclass(frozen=True)
class KeptContainer:
    """A container that a host keeps: the daemon's id of it, and the digest of its image."""

    container: str
    digest: str


UNHEALTHY_STATES = ("restarting", "paused")
"""The states of a container that runs and does not serve, in Docker's words."""


@dataclass(frozen=True)
class SeenContainer:
    """A container of ours on a host, in the words of the module container_status.

    `other_options` are the names of the options in which it differs from those it should have, None
    where that cannot be told.
    """

    name: str
    id: str
    digest: str
    state: str
    health: str
    other_options: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Observation:
    """What a host showed; `daemon` is the id of its Docker Engine."""

    host: str
    containers: tuple[SeenContainer, ...] = ()
    daemon: str = ""
    unreachable: str = ""
