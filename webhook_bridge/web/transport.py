# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a browser may be given a session here: over HTTPS, or on this very machine.

What goes over plain HTTP can be read on its way, the session with it.
"""

from __future__ import annotations

from flask import request

from webhook_bridge.config.http_hosts import host_name, is_loopback
from webhook_bridge.sources.addresses import plain_address
from webhook_bridge.web.client_address import PEER_IS_TRUSTED

_FORWARDED = (
    "Forwarded",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Real-Ip",
)
_WITHOUT_TLS = (
    "Put a proxy with TLS in front (see TLS in docs/install.md), or come through a tunnel, for "
    "example ssh -L 8090:127.0.0.1:8090 HOST, and open http://127.0.0.1:8090."
)


def insecure_reason() -> str | None:
    """Return why nobody can sign in over this connection; None where somebody can."""
    if request.is_secure:
        return None
    if not any(name in request.headers for name in _FORWARDED):
        return None if _is_here() else f"This page came over plain HTTP. {_WITHOUT_TLS}"
    if request.environ.get(PEER_IS_TRUSTED):
        return (
            "The proxy in front does not say that you reached it over HTTPS. Serve it over HTTPS, "
            "and have it send the header X-Forwarded-Proto: https."
        )
    return (
        "A proxy handed this request on that is not among server.trusted_proxies of "
        "longshore.toml, so its word that your connection is encrypted does not count. Add its "
        f"address there, {request.remote_addr}, and have it send X-Forwarded-Proto."
    )


def _is_here() -> bool:
    """Say whether the browser runs on this machine and knows it by a name for itself."""
    address, name = plain_address(request.remote_addr or ""), host_name(request.host)
    return is_loopback(address or "") and is_loopback(name or "")


def own_origin() -> str:
    """Return the origin of this request as a browser writes it."""
    return f"{request.scheme}://{request.host}".lower()
