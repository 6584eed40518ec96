# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold a digest, and lift the hold on one."""

from __future__ import annotations

import time

from sqlalchemy import Connection

from webhook_bridge.domain.events import hold_event, lift_event
from webhook_bridge.domain.releases import by_hand
from webhook_bridge.domain.verdicts import short
from webhook_bridge.errors import Refused
from webhook_bridge.operations.digests import only_one, whole_digest, with_algorithm
from webhook_bridge.store import Store, events, holds, releases


def hold(
    store: Store,
    *,
    name: str,
    image: str,
    actor: str,
    start_of_digest: str | None = None,
    why: str | None = None,
) -> str:
    """Keep a digest from being deployed by itself, and return it; no host is changed by that.

    Without one, the digest that is desired now. No push, poll or reconcile brings it, and no
    rollback goes back to it, until the hold is lifted or somebody deploys it. `why` stands beside
    the hold wherever it is shown.

    Raises NotFound or Refused where it is not one known digest.
    """
    now, reason = time.time(), by_hand(why)
    with store.write() as connection:
        if start_of_digest is None:
            digest = _desired_digest(connection, name)
        else:
            digest = whole_digest(connection, start_of_digest, app=name, image=image)
        holds.hold(connection, name, digest, reason=reason, run_id=None, now=now)
        events.record(connection, hold_event(name, digest, reason=reason, actor=actor, at=now))
    return digest


def _desired_digest(connection: Connection, name: str) -> str:
    current = releases.desired(connection, name)
    if current is None:
        raise Refused("never_deployed", f"{name}: was never deployed by this bridge; name a digest")
    return current.digest


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
