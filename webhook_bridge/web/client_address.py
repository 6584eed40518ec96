# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sent a request: the peer, unless the peer is a proxy that the settings trust."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class TrustedProxies:
    """WSGI middleware: REMOTE_ADDR becomes the sender's address; nothing else is believed."""

    def __init__(self, app: WSGIApplication, networks: Sequence[str]) -> None:
        self._app = app
        self._trusted = parse_networks(networks)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Hand the request on."""
        peer = environ.get("REMOTE_ADDR", "")
        forwarded_for = environ.get("HTTP_X_FORWARDED_FOR", "")
        environ["REMOTE_ADDR"] = client_address(peer, forwarded_for, self._trusted)
        return self._app(environ, start_response)


def client_address(peer: str, forwarded_for: str, trusted: tuple[Network, ...]) -> str:
    """Return the address of the sender.

    `X-Forwarded-For` is read from the right, where our own proxies write: the first address that
    is not a trusted proxy is the sender. What stands further left is the sender's own claim.
    What is no address ends the search: then the sender is the last proxy that we know.
    """
    address = peer
    for hop in reversed(forwarded_for.split(",") if forwarded_for else []):
        if not is_in(address, trusted):
            return address
        if not is_address(hop.strip()):
            return address
        address = hop.strip()
    return address


@lru_cache(maxsize=1024)
def is_in(address: str, networks: tuple[Network, ...]) -> bool:
    """Say whether an address is in one of the networks; a text that is no address never is."""
    return (
        any(_parsed(address) in network for network in networks) if is_address(address) else False
    )


def is_address(text: str) -> bool:
    """Say whether a text is an IPv4 or IPv6 address."""
    try:
        _parsed(text)
    except ValueError:
        return False
    return True


def parse_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Return addresses and networks as networks; raise ValueError for what is neither."""
    return tuple(ipaddress.ip_network(text) for text in texts)


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the address; ::ffff:192.0.2.1 is 192.0.2.1."""
    address = ipaddress.ip_address(text)
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
