# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers to what was sent with a key, so that a repeat is answered and not done again.

A row is there from before the action begins: what is found without an answer is under way, or was
cut off, and nobody knows how far it came.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from webhook_bridge.store.tables import metadata

KEPT_S = 24 * 3600.0
"""How long an answer is kept: as long as docs/api.md says that an action is not done again."""

kept_answer = Table(
    "kept_answer",
    metadata,
    Column("caller", String(80), primary_key=True),
    Column("key", String(200), primary_key=True),
    # SHA-256 of the request: the same key with another one is a mistake.
    Column("fingerprint", String(64), nullable=False),
    Column("began_at", Float, nullable=False, index=True),
    Column("status", Integer),
    # Deflated: an answer about an app with hundreds of hosts is as large as a page.
    Column("body", LargeBinary),
)


@dataclass(frozen=True)
class Keyed:
    """A request with a key: whose, which key, and the SHA-256 of the request."""

    caller: str
    key: str
    fingerprint: str


@dataclass(frozen=True)
class KeptAnswer:
    """What became of the first request with a key; `status` is None where nobody knows."""

    fingerprint: str
    status: int | None
    body: bytes


def begin(connection: Connection, keyed: Keyed, *, now: float, after: float) -> KeptAnswer | None:
    """Note that a request begins; return the first one with its key, if there was one.

    `now` and `after` are seconds since 1970: what began before `after` is forgotten.
    """
    connection.execute(delete(kept_answer).where(_is(keyed), kept_answer.c.began_at < after))
    found = connection.execute(select(kept_answer).where(_is(keyed))).mappings().first()
    if found is not None:
        body = b"" if found["body"] is None else zlib.decompress(found["body"])
        return KeptAnswer(found["fingerprint"], found["status"], body)
    connection.execute(insert(kept_answer).values(**vars(keyed), began_at=now))
    return None


def keep(connection: Connection, keyed: Keyed, *, status: int, body: bytes) -> None:
    """Keep the answer to a request that has begun."""
    values = {"status": status, "body": zlib.compress(body)}
    connection.execute(update(kept_answer).where(_is(keyed)).values(**values))


def forget(connection: Connection, keyed: Keyed) -> None:
    """Forget a request that changed nothing: its key may be sent again."""
    connection.execute(delete(kept_answer).where(_is(keyed)))


def prune(connection: Connection, *, after: float, most: int) -> int:
    """Remove what began before a time, and all but the newest `most`; return how many."""
    began = kept_answer.c.began_at
    query = select(began).order_by(began.desc()).offset(most).limit(1)
    beyond = connection.scalar(query)
    old = began < after if beyond is None else (began < after) | (began <= beyond)
    return connection.execute(delete(kept_answer).where(old)).rowcount


def _is(keyed: Keyed) -> ColumnElement[bool]:
    return (kept_answer.c.caller == keyed.caller) & (kept_answer.c.key == keyed.key)
