# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who listens on a host, as the kernel tells it: no right is needed, and nothing is bound.

Source: https://docs.kernel.org/networking/proc_net_tcp.html
"""

from __future__ import annotations

import socket
import struct

from ansible_collections.longshore.containers.plugins.module_utils._port_options import (
    ANY_ADDRESS,
    Port,
)

_TCP_LISTEN = "0A"
_UDP_UNCONNECTED = "07"
_TABLES = (
    ("tcp", "tcp", _TCP_LISTEN),
    ("tcp6", "tcp", _TCP_LISTEN),
    ("udp", "udp", _UDP_UNCONNECTED),
    ("udp6", "udp", _UDP_UNCONNECTED),
)
_IPV4_DIGITS = 8


def listening_ports(folder="/proc/net"):
    """Return every Port that some process of this host's network listens at."""
    found = set()
    for name, protocol, state in _TABLES:
        try:
            with open(f"{folder}/{name}", encoding="ascii") as table:
                rows = table.read().splitlines()[1:]
        except FileNotFoundError:
            continue  # a kernel without IPv6
        found.update(_port(row.split(), protocol) for row in rows if row.split()[3] == state)
    return found


def _port(columns, protocol):
    address, _colon, number = columns[1].partition(":")
    shown = _address(address)
    return Port("" if shown in ANY_ADDRESS else shown, int(number, 16), protocol)


def _address(text):
    # The kernel prints 32-bit words in its own byte order.
    words = [int(text[start : start + 8], 16) for start in range(0, len(text), 8)]
    packed = struct.pack(f"={len(words)}I", *words)
    family = socket.AF_INET if len(text) == _IPV4_DIGITS else socket.AF_INET6
    return socket.inet_ntop(family, packed)
