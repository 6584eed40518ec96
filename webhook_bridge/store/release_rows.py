# SPDX-License-Identifier: GPL-3.0-or-later
"""How releases are read: each with what the labels of its image say."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, select

from webhook_bridge.domain.releases import Release, versions_of
from webhook_bridge.store.image_labels import WORDS, labels_of
from webhook_bridge.store.tables import image_labels, release

RELEASES = select(release, *(image_labels.c[word] for word in WORDS)).outerjoin(
    image_labels,
    (image_labels.c.digest == release.c.digest) & image_labels.c.due_at.is_(None),
)
"""The query for releases, to which conditions are added; `release_of` reads its rows."""


def release_of(row: Mapping[Any, Any]) -> Release:
    """Return the release in a row of `RELEASES`."""
    labels = None if row["version"] is None else labels_of(row)
    values = {key: value for key, value in row.items() if key not in ("seq", *WORDS)}
    return Release(**values, labels=labels)


def versions(
    connection: Connection, names: Collection[str], digests: Collection[str]
) -> dict[tuple[str, str], str]:
    """Return what people call each of these digests, by the name of the app and the digest."""
    query = RELEASES.where(release.c.app.in_(names), release.c.digest.in_(digests))
    found = connection.execute(query.order_by(release.c.seq)).mappings()
    return versions_of(release_of(row) for row in found)
