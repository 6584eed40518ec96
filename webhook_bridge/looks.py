# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look at a host shows: its containers of one app, or why it could not be looked at."""

from __future__ import annotations

from dataclasses import dataclass

NOT_WELL = ("restarting", "paused")
"""The states of a container that runs and does not serve, in Docker's words."""


@dataclass(frozen=True)
class SeenContainer:
    """A container of ours on a host, in the words of the module container_status."""

    name: str
    id: str
    digest: str
    state: str
    health: str


@dataclass(frozen=True)
class Look:
    """What a host showed; `daemon` is the id of its Docker Engine."""

    host: str
    containers: tuple[SeenContainer, ...] = ()
    daemon: str = ""
    unreachable: str = ""
