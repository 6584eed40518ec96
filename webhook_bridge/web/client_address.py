# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sent a request, and how: the peer, unless the peer is a proxy that the settings trust.

Facts about what proxies write: learn.microsoft.com "How an application gateway works" (IP:port),
docs.aws.amazon.com "HTTP headers and Application Load Balancers" (client port preservation: an
IPv6 address with a port is in brackets). RFC 7239, 6 has the other words that may stand in the
place of an address, ``unknown`` and ``_hidden``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from webhook_bridge.sources.addresses import Network, is_in, parse_networks, plain_address

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_HOP = re.compile(
    r"(?:(?P<v4>[0-9.]+)|\[(?P<bracketed>[0-9A-Fa-f:.]+)\])(?::(?P<port>[0-9]{1,5}))?"
    r"|(?P<v6>[0-9A-Fa-f:.]+)"
)
_LAST_PORT = 65535
PEER_IS_TRUSTED = "longshore.peer_is_trusted"
"""In the WSGI environ: whether what handed the request on is a proxy that the settings trust."""


class TrustedProxies:
    """WSGI middleware: REMOTE_ADDR becomes the sender's address, the scheme that of the sender.

    Of what the request says itself, nothing else is believed.
    """

    def __init__(self, app: WSGIApplication, networks: Sequence[str]) -> None:
        self._app = app
        self._trusted = parse_networks(networks)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Hand the request on."""
        peer = environ.get("REMOTE_ADDR", "")
        forwarded_for = environ.get("HTTP_X_FORWARDED_FOR", "")
        environ[PEER_IS_TRUSTED] = is_in(plain_address(peer) or peer, self._trusted)
        # One word: of several, somebody else may have written some.
        if environ[PEER_IS_TRUSTED] and environ.get("HTTP_X_FORWARDED_PROTO") == "https":
            environ["wsgi.url_scheme"] = "https"
        environ["REMOTE_ADDR"] = client_address(peer, forwarded_for, self._trusted)
        return self._app(environ, start_response)


def client_address(peer: str, forwarded_for: str, trusted: tuple[Network, ...]) -> str:
    """Return the address of the sender, without port or brackets.

    `X-Forwarded-For` is read from the right, where our own proxies write: the first address that
    is not a trusted proxy is the sender. What stands further left is the sender's own claim.
    What is no address ends the search: then the sender is the last proxy that we know.
    """
    address = plain_address(peer) or peer
    for entry in reversed(forwarded_for.split(",") if forwarded_for else []):
        if not is_in(address, trusted):
            return address
        hop = _address_of(entry.strip(" \t"))
        if hop is None:
            return address
        address = hop
    return address


def _address_of(entry: str) -> str | None:
    """Return the address of one entry, which may have a port; None for anything else.

    An address with a zone, such as fe80::1%eth0, means something on one machine only.
    """
    found = _HOP.fullmatch(entry)
    if found is None or (found["port"] and not 0 < int(found["port"]) <= _LAST_PORT):
        return None
    if found["bracketed"] and ":" not in found["bracketed"]:
        return None
    return plain_address(found["v4"] or found["bracketed"] or found["v6"])
