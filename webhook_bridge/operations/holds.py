# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold a digest, and lift the hold on one."""

from __future__ import annotations

import time

from webhook_bridge.domain.events import hold_event, lift_event
from webhook_bridge.domain.releases import BY_HAND
from webhook_bridge.domain.verdicts import short
from webhook_bridge.errors import Refused
from webhook_bridge.operations.digests import only_one, whole_digest, with_algorithm
from webhook_bridge.store import Store, events, holds


def hold(store: Store, *, name: str, image: str, start_of_digest: str, actor: str) -> str:
    """Keep a digest from being deployed by itself, and return it; no host is changed by that.

    No push, poll or reconcile brings it, and no rollback goes back to it, until the hold is lifted
    or somebody deploys it. Raises NotFound or Refused where it is not one known digest.
    """
    now = time.time()
    with store.write() as connection:
        digest = whole_digest(connection, start_of_digest, app=name, image=image)
        holds.hold(connection, name, digest, reason=BY_HAND, run_id=None, now=now)
        events.record(connection, hold_event(name, digest, reason=BY_HAND, actor=actor, at=now))
    return digest


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
