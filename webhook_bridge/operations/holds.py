# SPDX-License-Identifier: GPL-3.0-or-later
"""Lift the hold on a digest."""

from __future__ import annotations

import time

from webhook_bridge.domain.events import lift_event
from webhook_bridge.domain.verdicts import short
from webhook_bridge.errors import Refused
from webhook_bridge.operations.digests import only_one, with_algorithm
from webhook_bridge.store import Store, events, holds


def unhold(store: Store, *, name: str, start_of_digest: str, actor: str) -> str:
    """Lift the hold of a digest and return it; nothing is deployed by that.

    Raises Refused where it is not held, or where several that are held start so.
    """
    wanted = with_algorithm(start_of_digest)
    with store.write() as connection:
        held = holds.held_digests(connection, name)
        found = [digest for digest in held if digest.startswith(wanted)]
        if not found:
            others = ", ".join(short(digest) for digest in held) or "none"
            raise Refused("not_held", f"{name}: {short(wanted)} is not held; held: {others}")
        digest = only_one(found, start_of_digest)
        holds.unhold(connection, name, digest)
        lifted = lift_event(name, digest, actor=actor, at=time.time())
        events.record(connection, lifted)
        return digest
