# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks, as a proxy says that authenticates people by itself: oauth2-proxy, Authelia, others.

Its headers count only from an address in `server.trusted_proxies`, and it has to replace what the
browser sent under their names.
"""

from __future__ import annotations

import hashlib

from flask import request

from webhook_bridge.config.auth import ProxyTable
from webhook_bridge.domain.roles import granted_to_groups
from webhook_bridge.domain.users import Identity
from webhook_bridge.operations.signing_in import Claimed
from webhook_bridge.web.client_address import PEER_IS_TRUSTED
from webhook_bridge.web.current import current_bridge


def claimed_by_proxy() -> Claimed | None:
    """Return whom a trusted proxy names; None where none does."""
    table = current_bridge().settings.auth.proxy
    if table is None or not request.environ.get(PEER_IS_TRUSTED):
        return None
    name = request.headers.get(table.header, "")
    if not name:
        return None
    groups = _groups(table)
    return Claimed(
        identity=Identity(f"proxy {table.header.lower()}", name),
        name=name,
        grants=granted_to_groups([part.strip() for part in groups.split(",")], table.mapped),
        method="proxy",
        proof=_proof(name, groups),
    )


def current_proof() -> str | None:
    """Return what a session must have been begun with to be good for this request."""
    claimed = claimed_by_proxy()
    return None if claimed is None else claimed.proof


def _groups(table: ProxyTable) -> str:
    return "" if table.groups_header is None else request.headers.get(table.groups_header, "")


def _proof(name: str, groups: str) -> str:
    return hashlib.sha256(f"{name}\n{groups}".encode("utf-8", "surrogateescape")).hexdigest()
