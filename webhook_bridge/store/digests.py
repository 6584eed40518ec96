# SPDX-License-Identifier: GPL-3.0-or-later
"""The digests that this installation has met: what a short form of one can mean."""

from __future__ import annotations

from sqlalchemy import Connection, select, union

from webhook_bridge.store.tables import held, host_state, release, tag_sighting


def starting_with(connection: Connection, app: str, image: str, start: str) -> list[str]:
    """Return the known digests of an app and of its image that start so, in order.

    `start` begins with `sha256:`. Known are those of releases, holds, hosts and pushes.
    """
    columns = (
        select(release.c.digest).where(release.c.app == app),
        select(held.c.digest).where(held.c.app == app),
        select(host_state.c.digest).where(host_state.c.app == app),
        select(tag_sighting.c.digest).where(tag_sighting.c.image == image),
    )
    known = union(*columns).subquery()
    digest = known.c.digest
    query = select(digest).where(digest.startswith(start, autoescape=True)).order_by(digest)
    return list(connection.scalars(query))
