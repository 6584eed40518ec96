# SPDX-License-Identifier: GPL-3.0-or-later
"""What an app's rule makes of the tags that there are: for people who write a rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from webhook_bridge.config.app import App
from webhook_bridge.errors import Refused
from webhook_bridge.operations.serializers import View
from webhook_bridge.registry.client import RegistryClient, RegistryError
from webhook_bridge.store import Store, releases, tag_sightings
from webhook_bridge.tags import ExactTag, Track
from webhook_bridge.tags.notes import date_notes
from webhook_bridge.tags.policy import needs_times, newest_first, order_shown


@dataclass(frozen=True)
class Reviewed:
    """One tag, and why the rule does not take it (None: it does)."""

    tag: str
    why_not: str | None
    order: str = ""
    """What orders it among those that are taken, most important first."""


def review(track: Track, tags: Sequence[str], *, seen_at: Mapping[str, float]) -> list[Reviewed]:
    """Return the tags that are taken, the newest first, then the others by name."""
    taken = newest_first(track, tags, seen_at=seen_at)
    others = sorted(set(tags) - set(taken))
    unseen = "was there before the first look, so nobody knows when it was pushed"
    return [Reviewed(tag, None, order_shown(track, tag)) for tag in taken] + [
        Reviewed(tag, track.why_not(tag) or unseen) for tag in others
    ]


def tags_view(store: Store, registry: RegistryClient, *, name: str, app: App, limit: int) -> View:
    """Return what the rule makes of the tags, and what it would take now.

    Raises Refused where the registry does not tell.
    """
    try:
        return _tags_view(store, registry, name=name, app=app, limit=limit)
    except RegistryError as error:
        raise Refused(error.code, str(error)) from error


def _tags_view(store: Store, registry: RegistryClient, *, name: str, app: App, limit: int) -> View:
    tags = [app.track.tag] if isinstance(app.track, ExactTag) else registry.tags_of(app.image)
    with store.read() as connection:
        release = releases.desired(connection, name)
        times = tag_sightings.times(connection, str(app.image)) if needs_times(app.track) else {}
    seen_at = {tag: at for (tag, _), at in sorted(times.items(), key=lambda one: one[1])}
    known = {tag: at for tag, at in seen_at.items() if at > tag_sightings.BASELINE}
    found = review(app.track, tags, seen_at=known)
    newest = found[0].tag if found and found[0].why_not is None else None
    return {
        "app": name,
        "image": str(app.image),
        "track": str(app.track),
        "newest": newest,
        "digest": None if newest is None else registry.digest_of(app.image, newest),
        "desired": None if release is None else {"tag": release.tag, "digest": release.digest},
        "notes": date_notes(app.track, [one.tag for one in found if one.why_not is None]),
        "tags": [vars(one) for one in found[:limit]],
        "more": max(0, len(found) - limit),
    }
