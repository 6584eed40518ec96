# SPDX-License-Identifier: GPL-3.0-or-later
"""What was received, accepted and refused in one list: which part of it somebody wants to see."""

from __future__ import annotations

from dataclasses import dataclass, fields

REFUSED = "refused"
"""Asked for instead of a verdict: requests that were turned away."""


@dataclass(frozen=True)
class WantedReceipts:
    """Which; None leaves a field open.

    `repository` is the path of the image of `app`: what names it concerns the app. `digest` and
    `address` may be cut short. Times are seconds since the epoch.
    """

    hook: str | None = None
    verdict: str | None = None
    app: str | None = None
    repository: str | None = None
    tag: str | None = None
    digest: str | None = None
    address: str | None = None
    since: float | None = None
    until: float | None = None
    text: str | None = None

    @property
    def is_everything(self) -> bool:
        """Whether every field is open."""
        return all(getattr(self, one.name) is None for one in fields(self))


@dataclass(frozen=True)
class Place:
    """A place in the list: what comes after it was received before; 0 for the very end."""

    delivery: int
    rejected: int


@dataclass(frozen=True)
class Receipt:
    """One line of the list; `verdict` is None while it waits, `status` is set where refused."""

    seq: int
    id: str
    hook: str | None
    remote: str
    received_at: float
    verdict: str | None
    detail: str
    status: int | None = None
    more: int = 0
    """How many others were refused just before and not kept."""

    @property
    def is_refused(self) -> bool:
        """Whether it was turned away."""
        return self.status is not None
