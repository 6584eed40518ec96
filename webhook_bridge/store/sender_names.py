# SPDX-License-Identifier: GPL-3.0-or-later
"""What senders call their deliveries: a name that comes again is a repetition."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from webhook_bridge.store.tables import sender_name

# The longest repetition that a sender is known for: Pub/Sub keeps a message for seven days.
_KEPT_S = 8 * 86400.0


def first_bearer(connection: Connection, hook: str, name: str, *, delivery: str, at: float) -> str:
    """Return the id of the delivery that bore this name first: this one, where it is new."""
    connection.execute(delete(sender_name).where(sender_name.c.noted_at < at - _KEPT_S))
    connection.execute(
        insert(sender_name)
        .values(hook=hook, name=name, delivery_id=delivery, noted_at=at)
        .on_conflict_do_nothing()
    )
    query = select(sender_name.c.delivery_id).where(
        sender_name.c.hook == hook, sender_name.c.name == name
    )
    return str(connection.execute(query).scalar_one())
