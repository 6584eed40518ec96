# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much room there is where a daemon keeps images and containers."""

from __future__ import annotations

import os

# What a daemon writes to start a container (its configuration, its log), and some air.
ROOM_TO_START_BYTES = 16 * 1024 * 1024

_MEGA = 1000 * 1000


def free_bytes(docker):
    """Return the bytes that are free there, or None where that cannot be seen from here."""
    try:
        found = os.statvfs(docker.get("info").get("DockerRootDir") or "")
    except OSError:
        return None  # another mount namespace, or no right: the daemon itself will tell
    return found.f_bavail * found.f_frsize


def starting_problem(free):
    """Return why nothing may be stopped where so many bytes are free, or an empty string.

    A daemon without any room can start no container: neither the new one nor the old one again.
    """
    if free is None or free >= ROOM_TO_START_BYTES:
        return ""
    return (
        f"{free // _MEGA} MB are free where Docker keeps containers, too little to start one, so "
        "nothing was stopped: free disk space on this host (docker system df tells what Docker "
        "uses), then deploy again"
    )
