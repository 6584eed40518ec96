# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of senders and networks that they are in; an IPv4 address has one way to be written.

A socket for both versions of IP calls 192.0.2.1 ::ffff:192.0.2.1 (RFC 4291, 2.5.5.2). It is the
same sender, so addresses and networks of that kind are read as those of IPv4.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")


def plain_address(text: str) -> str | None:
    """Return an address as it is compared and shown; None for a text that is none."""
    try:
        return str(_parsed(text))
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def is_in(address: str, networks: tuple[Network, ...]) -> bool:
    """Say whether an address is in one of the networks; a text that is no address never is."""
    try:
        found = _parsed(address)
    except ValueError:
        return False
    return any(found in network for network in networks)


def parse_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Return addresses and networks as networks; raise ValueError for what is neither."""
    return tuple(map(_network, texts))


def _network(text: str) -> Network:
    network = ipaddress.ip_network(text)
    if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(_MAPPED):
        first = network.network_address.ipv4_mapped
        return ipaddress.IPv4Network(f"{first}/{network.prefixlen - _MAPPED.prefixlen}")
    return network


def _parsed(text: str) -> Address:
    address = ipaddress.ip_address(text)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
