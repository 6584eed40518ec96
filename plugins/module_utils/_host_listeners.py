# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who listens in the network of a host itself: containers on it, and processes that are none.

A container in the host's network publishes nothing, so the daemon tells no port of it: only its
processes lead to its sockets.
"""

from __future__ import annotations

from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import DockerError
from ansible_collections.longshore.containers.plugins.module_utils._engine import own_name
from ansible_collections.longshore.containers.plugins.module_utils._listening import (
    listening_sockets,
    sockets_of,
)

NO_CONTAINER = "a process outside containers"


class HostListeners:
    """The sockets at which processes of one host listen; `running` is the daemon's list."""

    def __init__(self, docker, running):
        self._docker = docker
        self._on_host = [each for each in running if _is_on_host(each)]

    def others(self, is_own):
        """Return (Port, who) for each socket that no container listens at which `is_own`.

        Where it cannot be told which sockets are our own, none is taken for somebody else's: no
        release is refused for the port of the container that it is to replace.
        """
        try:
            owners = self._owners()
        except (DockerError, OSError):
            owners = {}
            if any(is_own(each) for each in self._on_host):
                return []
        found = ((port, owners.get(inode)) for port, inode in listening_sockets())
        return [(port, _who(by)) for port, by in found if by is None or not is_own(by)]

    def _owners(self):
        return {inode: each for each in self._on_host for inode in self._sockets(each)}

    def _sockets(self, listed):
        return {inode for pid in self._processes(listed) for inode in _sockets_of(pid)}

    def _processes(self, listed):
        found = self._docker.get("containers", listed["Id"], "top")
        column = found["Titles"].index("PID")
        return [int(row[column]) for row in found["Processes"] or ()]


def _sockets_of(pid):
    try:
        return sockets_of(pid)
    except FileNotFoundError:
        return set()  # ended meanwhile


def _is_on_host(listed):
    return (listed.get("HostConfig") or {}).get("NetworkMode") == "host"


def _who(listed):
    return NO_CONTAINER if listed is None else f"the container {own_name(listed)}"
