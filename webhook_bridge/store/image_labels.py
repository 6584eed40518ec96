# SPDX-License-Identifier: GPL-3.0-or-later
"""What the labels of released images say, and which images a registry has yet to be asked about."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.sqlite import insert as upsert

from webhook_bridge.domain.image_labels import ImageLabels
from webhook_bridge.store.tables import image_labels, release

WORDS = ("version", "revision", "source", "created")


@dataclass(frozen=True)
class Unread:
    """A released image whose labels are not known yet, and how often its registry was asked."""

    image: str
    digest: str
    attempts: int


def unread(connection: Connection, *, now: float, limit: int) -> list[Unread]:
    """Return released images whose labels shall be asked for now, those of new releases first."""
    attempts = func.coalesce(image_labels.c.attempts, 0)
    query = (
        select(release.c.image, release.c.digest, attempts)
        .outerjoin(image_labels, image_labels.c.digest == release.c.digest)
        .where(image_labels.c.digest.is_(None) | (image_labels.c.due_at <= now))
        .group_by(release.c.digest)
        .order_by(func.max(release.c.seq).desc())
        .limit(limit)
    )
    return [Unread(*row) for row in connection.execute(query)]


def put(connection: Connection, digest: str, labels: ImageLabels) -> None:
    """Store what an image's labels say, for good: a digest names the same bytes for ever."""
    _put(connection, {"digest": digest, **asdict(labels), "attempts": 0, "due_at": None})


def put_off(connection: Connection, unread: Unread, *, until: float) -> None:
    """Note that a registry did not say, and when it is asked again."""
    values = {"digest": unread.digest, **asdict(ImageLabels())}
    _put(connection, {**values, "attempts": unread.attempts + 1, "due_at": until})


def of_digests(connection: Connection, digests: Collection[str]) -> dict[str, ImageLabels]:
    """Return the labels of these images, of those whose registry has been heard."""
    query = select(image_labels).where(
        image_labels.c.digest.in_(digests), image_labels.c.due_at.is_(None)
    )
    return {row["digest"]: labels_of(row) for row in connection.execute(query).mappings()}


def labels_of(row: Mapping[Any, Any]) -> ImageLabels:
    """Return the labels in a row that holds them."""
    return ImageLabels(**{word: row[word] for word in WORDS})


def forget_unreleased(connection: Connection) -> None:
    """Remove the labels of images that no release is of any more."""
    released = select(release.c.digest)
    connection.execute(delete(image_labels).where(image_labels.c.digest.not_in(released)))


def _put(connection: Connection, values: dict[str, Any]) -> None:
    new = upsert(image_labels).values(**values)
    connection.execute(new.on_conflict_do_update(index_elements=["digest"], set_=values))
