# SPDX-License-Identifier: GPL-3.0-or-later
"""Deliveries and refused requests, as they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MESSAGE_ID = "Longshore-Message-Id"
"""The header that a delivery from a queue is stored with: the queue's name for the message."""


@dataclass(frozen=True)
class NewDelivery:
    """One authenticated request or message as it came, secrets taken out of its headers."""

    hook: str
    source: str
    remote: str
    headers: Mapping[str, str]
    body: bytes
    received_at: float


@dataclass(frozen=True)
class Delivery(NewDelivery):
    """A stored delivery; `verdict` is None while it waits for one, `due_at` says until when.

    `stored_at` is when it was on disk, as far as that is known; it is told with the verdict.
    """

    id: str
    attempts: int
    due_at: float | None
    verdict: str | None
    detail: str | None
    decided_at: float | None
    stored_at: float | None = None


WAITING = "waiting"
"""Asked for instead of a verdict: those that have none yet."""


@dataclass(frozen=True)
class Wanted:
    """Which deliveries; None and 0 leave a field open."""

    hook: str | None = None
    verdict: str | None = None
    since: float = 0.0


@dataclass(frozen=True)
class NewRejected:
    """One refused request or message; `hook` is None where there is no hook of that name."""

    hook: str | None
    status: int
    code: str
    detail: str
    remote: str
    headers: Mapping[str, str]
    body_length: int
    excerpt: bytes
    received_at: float
    more: int = 0
    """How many others were refused since the one before, and not kept."""


@dataclass(frozen=True)
class Rejected(NewRejected):
    """A stored one."""

    id: str = ""
