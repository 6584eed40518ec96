# SPDX-License-Identifier: GPL-3.0-or-later
"""What container_status tells of the containers of one app."""

from typing import Any

V0, V1, V2, V3 = ("sha256:" + letter * 64 for letter in "0123")
EVIL = "sha256:" + "e" * 64


def row(digest: str, *, made: int, started: int | None = None, state: str = "exited") -> Any:
    """Return a row of container_status; times are minutes of one hour."""
    return {
        "id": f"id-{digest[-1]}-{made}",
        "name": f"shop-{digest[7:19]}",
        "made_from": digest,
        "state": state,
        "created_at": f"2024-11-28T12:{made:02}:00.5Z",
        "started_at": f"2024-11-28T12:{made if started is None else started:02}:01Z",
    }


def labelled(entry: Any, *, released: int, replaces: str = "") -> Any:
    """Return a row whose container says when its release was made, and what it replaced."""
    released_at = f"2024-11-28T12:{released:02}:00.250000Z"
    return {**entry, "released_at": released_at, "replaces": replaces}


def runs(digest: str, *, made: int, started: int | None = None) -> Any:
    return row(digest, made=made, started=started, state="running")
