# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases that a bridge knows, and digests that it holds."""

from __future__ import annotations

import time

from webhook_bridge.domain.releases import HeldReason, NewRelease
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import holds, releases


def hold(bridge: Bridge, *digests: str, reason: HeldReason = "put back") -> None:
    with bridge.store.write() as connection:
        for digest in digests:
            holds.hold(connection, "shop", digest, reason=reason, run_id=None, now=1.0)


def good(bridge: Bridge, digest: str, *, image: str = "r/acme/shop") -> None:
    with bridge.store.write() as connection:
        new = NewRelease("shop", image, "latest", digest, "deploy", "me")
        releases.mark(connection, releases.desire(connection, new, now=time.time()).id, "good")
