# SPDX-License-Identifier: GPL-3.0-or-later
"""What a digest is called by people: never guessed, and never the same for two of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import Connection

from webhook_bridge.domain.image_labels import version_text
from webhook_bridge.domain.verdicts import short
from webhook_bridge.store import fleet, image_labels

_SHORT = 7


@dataclass(frozen=True)
class Versions:
    """The names of one app's digests: `labelled` what their images say, else their `tags`.

    `tags` are those that they were released with.
    """

    tags: Mapping[str, str] = field(default_factory=dict)
    labelled: Mapping[str, str] = field(default_factory=dict)

    def of(self, digest: str | None) -> str:
        """Return the name of a digest; with its first digits where others have that name too."""
        if not digest:
            return "nothing" if digest == "" else "not seen yet"
        name = self._names.get(digest)
        if name is None:
            return short(digest)
        is_shared = self._bearers[name] > 1
        return f"{name} ({short(digest)[:_SHORT]})" if is_shared else name

    # Asked for each of thousands of hosts, of which each has one of a few digests.
    @cached_property
    def _names(self) -> Mapping[str, str]:
        return {**self.tags, **self.labelled}

    @cached_property
    def _bearers(self) -> Counter[str]:
        return Counter(self._names.values())


def versions_of(connection: Connection, apps: Collection[str]) -> dict[str, Versions]:
    """Return the names of the digests of each of these apps."""
    tags = fleet.tags(connection, apps)
    labels = image_labels.of_digests(connection, {one for each in tags.values() for one in each})
    labelled = {
        digest: text
        for digest, found in labels.items()
        if (text := version_text(found, None)) is not None
    }
    return {
        app: Versions(
            tags.get(app, {}),
            {digest: labelled[digest] for digest in tags.get(app, {}) if digest in labelled},
        )
        for app in apps
    }
