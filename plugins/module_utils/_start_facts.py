# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host tells of that which containers need to start: reads only, decides nothing."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket

from ansible_collections.longshore.containers.plugins.module_utils._bound_files import (
    is_file_within,
)
from ansible_collections.longshore.containers.plugins.module_utils._container import (
    NEVER,
    sortable_time,
)
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import DockerError
from ansible_collections.longshore.containers.plugins.module_utils._start_check import (
    GONE,
    STOPPED,
)

NOT_FOUND = 404
RUNS = "runs"
# Programs of which a daemon finds one at its start, where it can hand out GPUs (moby,
# daemon/devices_nvidia_linux.go and its siblings), and where it looks for CDI specifications.
_GPU_PROGRAMS = ("nvidia-container-runtime-hook", "nvidia-cdi-hook", "amd-container-runtime")
_CDI_FOLDERS = ("/etc/cdi", "/var/run/cdi")
# Services have these, and a user's shell not always.
_MORE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class StartFacts:
    """One daemon and its host; `own` are IDs of containers that will have been stopped by then."""

    def __init__(self, docker, own=()):
        self._docker = docker
        self._own = frozenset(own)
        self._info = None

    def info(self):
        """Return what the daemon tells of itself."""
        if self._info is None:
            self._info = self._docker.get("info") or {}
        return self._info

    def exists(self, path):
        """Whether there is something at this path of the host; also where it cannot be told."""
        try:
            os.stat(path)
        except PermissionError:
            return True  # the daemon may look into folders that this user must not
        except OSError:
            return False
        return True

    def is_file_within(self, roots, path):
        """Whether a container whose filesystem these folders show has a file at this path."""
        return is_file_within(roots, path)

    def partner(self, name):
        """Return whether a container `runs`, is `stopped`, or `gone`."""
        found = self._get_or_none("containers", name, "json")
        if found is None:
            return GONE
        return RUNS if (found.get("State") or {}).get("Running") else STOPPED

    def keeps_ipc(self, name):
        """Whether no other container can share the IPC of this one."""
        found = self._get_or_none("containers", name, "json") or {}
        return (found.get("HostConfig") or {}).get("IpcMode") in ("private", "none")

    def is_newer(self, name, made_at):
        """Whether a container was made after that time, in the daemon's writing."""
        found = self._get_or_none("containers", name, "json") or {}
        return sortable_time(found.get("Created") or NEVER) > sortable_time(made_at)

    def network(self, name):
        """Return a network by name as the daemon describes it, or None."""
        return self._get_or_none("networks", name)

    def subnets(self, network):
        """Return the subnets of a network, as text."""
        ranges = (network.get("IPAM") or {}).get("Config") or ()
        return [each["Subnet"] for each in ranges if each.get("Subnet")]

    def holders(self, network, address):
        """Return the names of the running containers, but for our own, with this address in it."""
        joined = (network.get("Containers") or {}).items()
        return [
            str(each.get("Name"))
            for one, each in joined
            if one not in self._own and _is_among(address, _addresses(each))
        ]

    def has_address(self, address):
        """Whether ports can be published at this address; also where it cannot be told."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.bind((address, 0))
        except OSError as exc:
            return exc.errno != errno.EADDRNOTAVAIL
        return True

    def has_gpu_runtime(self):
        """Whether something is installed by which a daemon hands out GPUs."""
        import shutil  # noqa: PLC0415 -- few hosts need it, and it takes time to import

        path = f"{os.environ.get('PATH', '')}:{_MORE_PATH}"
        folders = self.info().get("CDISpecDirs") or _CDI_FOLDERS
        listed = any(os.path.isdir(each) and os.listdir(each) for each in folders)
        return listed or any(shutil.which(each, path=path) for each in _GPU_PROGRAMS)

    def _get_or_none(self, *segments):
        try:
            return self._docker.get(*segments)
        except DockerError as exc:
            if exc.status == NOT_FOUND:
                return None
            raise


def _addresses(joined):
    given = (joined.get("IPv4Address"), joined.get("IPv6Address"))
    return [each.partition("/")[0] for each in given if each]


def _is_among(address, addresses):
    try:
        wanted = ipaddress.ip_address(address)
        return any(ipaddress.ip_address(each) == wanted for each in addresses)
    except ValueError:
        return False
