# SPDX-License-Identifier: GPL-3.0-or-later
"""What a digest is called by people: never guessed, and never the same for two of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from webhook_bridge.domain.verdicts import short
from webhook_bridge.store import fleet

_SHORT = 7


@dataclass(frozen=True)
class Versions:
    """The names of one app's digests; `tags` are those that they were released with."""

    tags: Mapping[str, str] = field(default_factory=dict)

    def of(self, digest: str | None) -> str:
        """Return the tag of a digest; with its first digits where others had that tag too."""
        if not digest:
            return "nothing" if digest == "" else "not seen yet"
        tag = self.tags.get(digest)
        if tag is None:
            return short(digest)
        is_shared = Counter(self.tags.values())[tag] > 1
        return f"{tag} ({short(digest)[:_SHORT]})" if is_shared else tag


def versions_of(connection: Connection, apps: Collection[str]) -> dict[str, Versions]:
    """Return the names of the digests of each of these apps."""
    tags = fleet.tags(connection, apps)
    return {app: Versions(tags.get(app, {})) for app in apps}
