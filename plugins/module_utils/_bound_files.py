# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what `volumes` binds into a container that ran was a file, seen from inside of it.

At each start the daemon makes a folder of a bound source that is gone (moby, volume/mounts, Setup).
In the place of a folder that is right; a folder cannot be put into the place of a file. The daemon
tells of a source only its name, and asking it for a path in the container makes the folder too: so
the filesystem of the container is looked at, where the host shows it to us.
"""

from __future__ import annotations

import os
import stat


def bound_sources(found):
    """Return (source, path in the container) of each path of the host in `volumes`.

    `found` is the daemon's inspect answer.
    """
    binds = (each.split(":") for each in (found.get("HostConfig") or {}).get("Binds") or ())
    return tuple((one[0], one[1]) for one in binds if one[0].startswith("/") and len(one) > 1)


def roots_of(found):
    """Return the folders of the host that show the filesystem of a container, the best one first.

    That is its own view while it runs, and its layers, where its storage driver keeps them in
    folders (overlay2).
    """
    process = (found.get("State") or {}).get("Pid")
    layers = (found.get("GraphDriver") or {}).get("Data") or {}
    upper, lower = layers.get("UpperDir"), str(layers.get("LowerDir") or "").split(":")
    return tuple(filter(None, [f"/proc/{process}/root" if process else "", upper, *lower]))


def is_file_within(roots, path):
    """Whether the first of these folders that has this path has a file there, or a socket.

    False where it cannot be known: behind a link, or where this user must not look.
    """
    for root in roots:
        kind = _kind(root, path)
        if kind is not None:
            return kind in (stat.S_IFREG, stat.S_IFSOCK)
    return False


def _kind(root, path):
    """Return the type of what is there, None where nothing is or nobody can tell."""
    at, kind = root, stat.S_IFDIR
    for name in filter(None, path.split("/")):
        if kind != stat.S_IFDIR:
            return kind if kind == stat.S_IFLNK else None
        at = os.path.join(at, name)
        try:
            kind = stat.S_IFMT(os.lstat(at).st_mode)
        except OSError:
            return None
    return kind
