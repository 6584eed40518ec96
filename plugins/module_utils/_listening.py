# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who listens on a host, as the kernel tells it: no right is needed, and nothing is bound.

Source: https://docs.kernel.org/networking/proc_net_tcp.html
"""

from __future__ import annotations

import os
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
_INODE = 9
_SOCKET = "socket:["


def listening_sockets(folder="/proc/net"):
    """Return (Port, inode) for every socket of this host's network that some process listens at.

    The inode, as text, is the socket's name among the open files of that process.
    """
    found = set()
    for name, protocol, state in _TABLES:
        try:
            with open(f"{folder}/{name}", encoding="ascii") as table:
                rows = table.read().splitlines()[1:]
        except FileNotFoundError:
            continue  # a kernel without IPv6
        columns = (row.split() for row in rows)
        found.update((_port(c, protocol), c[_INODE]) for c in columns if c[3] == state)
    return found


def sockets_of(pid, folder="/proc"):
    """Return the inodes of a process's open sockets; raises OSError without the right to look."""
    files = os.path.join(folder, str(pid), "fd")
    links = (_target(os.path.join(files, name)) for name in os.listdir(files))
    return {link[len(_SOCKET) : -1] for link in links if link.startswith(_SOCKET)}


def _target(path):
    try:
        return os.readlink(path)
    except FileNotFoundError:
        return ""  # closed meanwhile


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
