# SPDX-License-Identifier: GPL-3.0-or-later
"""The desired state of an app, the releases behind it, and why a digest is held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from webhook_bridge.domain.hosts import KeptContainer
from webhook_bridge.domain.image_labels import ImageLabels, version_text

Cause = Literal["delivery", "deploy", "rollback"]
# Why a digest is held: the first four speak against it, "replaced by hand" only against repeating
# it. What is "not finished" is not held: it failed for want of something else than a better image,
# so polls pass it over, and the next push of it goes on.
HeldReason = Literal[
    "put back", "not healthy", "rolled back", "held by hand", "replaced by hand", "not finished"
]
BY_HAND: HeldReason = "held by hand"
"""What follows it, after a colon, is why: see `by_hand`."""
REPLACED: HeldReason = "replaced by hand"
UNFINISHED: HeldReason = "not finished"
ReleaseState = Literal["desired", "good", "restored", "failed", "superseded", "canceled"]


@dataclass(frozen=True)
class NewRelease:
    """An app plus the one digest that should run, and who or what asked for it."""

    app: str
    image: str
    tag: str | None
    digest: str
    cause: Cause
    actor: str
    delivery_id: str | None = None


@dataclass(frozen=True)
class Release(NewRelease):
    """A stored release; `labels` are those of its image, None until its registry has told them."""

    id: str = ""
    generation: int = 0
    created_at: float = 0.0
    state: ReleaseState = "desired"
    labels: ImageLabels | None = None

    @property
    def version(self) -> str | None:
        """Return what people call it: the version of its image's labels, else its tag."""
        return version_text(self.labels, self.tag)


def versions_of(releases: Iterable[Release]) -> dict[tuple[str, str], str]:
    """Return what people call each digest, by app and digest, of these releases in their order.

    A tag that several digests of an app had, as `latest`, names none of them.
    """
    newest: dict[tuple[str, str], Release] = {}
    meant: dict[tuple[str, str | None], set[str]] = {}
    for one in releases:
        key = (one.app, one.digest)
        newest[key] = one if one.tag or key not in newest else newest[key]
        meant.setdefault((one.app, one.tag), set()).add(one.digest)
    return {
        key: one.version
        for key, one in newest.items()
        if one.version and (one.version != one.tag or len(meant[one.app, one.tag]) == 1)
    }


@dataclass(frozen=True)
class AppRow:
    """The desired state of an app and how far it has been applied.

    `generation` counts the changes of the desired state; `applied_generation` is the last one that
    a run brought to its end. `restore_targets` is what hosts go back to while a restore run is due,
    `reconcile_hosts` are those that a reconcile run is due for, and `observe_at` is when the hosts
    are observed next.
    """

    name: str
    release_id: str | None = None
    generation: int = 0
    applied_generation: int = 0
    epoch: int = 0
    owner: str | None = None
    pending_hosts: list[str] = field(default_factory=list)
    restore_targets: Mapping[str, KeptContainer] = field(default_factory=dict)
    reconcile_hosts: list[str] = field(default_factory=list)
    observe_at: float | None = None
    due_at: float = 0.0
    attempts: int = 0


def by_hand(why: str | None) -> str:
    """Return the reason of a hold that somebody set, with their words if they gave any."""
    words = " ".join((why or "").split())
    return f"{BY_HAND}: {words}" if words else BY_HAND
