# SPDX-License-Identifier: GPL-3.0-or-later
"""When the bridge first heard of each image: registries do not tell when a tag was pushed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from webhook_bridge.store.tables import tag_sighting

# Far more than any decision looks back; without a limit the table would grow with every push.
_KEPT_OF_AN_IMAGE = 2000
# The tag of a row that says that the tags of an image were listed before.
_LOOKED_AT = ""

BASELINE = 0.0
"""The time of a tag that was there when its image was first looked at."""


@dataclass(frozen=True)
class TagSighting:
    """When a digest was first heard of, and by which delivery."""

    at: float
    delivery_id: str


def record(
    connection: Connection, image: str, *, tag: str, digest: str, at: float, delivery_id: str
) -> TagSighting:
    """Remember that a tag meant a digest; return when the digest was heard of first."""
    values = {"tag": tag, "digest": digest, "seen_at": at, "delivery_id": delivery_id}
    added = connection.execute(
        insert(tag_sighting).values(image=image, **values).on_conflict_do_nothing()
    )
    if added.rowcount:
        _forget_the_oldest(connection, image)
    query = (
        select(tag_sighting.c.seen_at, tag_sighting.c.delivery_id)
        .where(tag_sighting.c.image == image, tag_sighting.c.digest == digest)
        .order_by(tag_sighting.c.seen_at, tag_sighting.c.seq)
        .limit(1)
    )
    row = connection.execute(query).one()
    return TagSighting(row.seen_at, row.delivery_id)


def unknown_tags(connection: Connection, image: str, tags: Sequence[str]) -> list[str] | None:
    """Return the tags that nobody has heard of yet, in the order given.

    None where an image was never looked at: everything is new then, and nobody knows what was
    pushed when.
    """
    known = set(
        connection.execute(
            select(tag_sighting.c.tag).where(tag_sighting.c.image == image)
        ).scalars()
    )
    return [tag for tag in tags if tag not in known] if _LOOKED_AT in known else None


def remember(connection: Connection, image: str, tags: Sequence[str]) -> None:
    """Remember that tags are there, without a time at which they were pushed."""
    rows = [
        {"image": image, "tag": tag, "digest": "", "seen_at": BASELINE, "delivery_id": ""}
        for tag in [_LOOKED_AT, *tags]
    ]
    connection.execute(insert(tag_sighting).on_conflict_do_nothing(), rows)


def times(connection: Connection, image: str) -> dict[tuple[str, str], float]:
    """Return when each tag of an image was first seen with each digest."""
    query = select(tag_sighting.c.tag, tag_sighting.c.digest, tag_sighting.c.seen_at).where(
        tag_sighting.c.image == image
    )
    return {(row.tag, row.digest): row.seen_at for row in connection.execute(query)}


def _forget_the_oldest(connection: Connection, image: str) -> None:
    oldest_kept = (
        select(tag_sighting.c.seq)
        .where(tag_sighting.c.image == image, tag_sighting.c.seen_at > BASELINE)
        .order_by(tag_sighting.c.seq.desc())
        .offset(_KEPT_OF_AN_IMAGE)
        .limit(1)
    )
    too_old = connection.execute(oldest_kept).scalar()
    if too_old is not None:
        old = (
            tag_sighting.c.image == image,
            tag_sighting.c.seen_at > BASELINE,
            tag_sighting.c.seq <= too_old,
        )
        connection.execute(delete(tag_sighting).where(*old))
