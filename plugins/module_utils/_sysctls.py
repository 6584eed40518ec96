# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which kernel parameters a container can have of its own: runc refuses the others at the start.

Source: runc, libcontainer/configs/validate/validator.go, sysctl. The daemon checks no name itself
when it makes a container.
"""

from __future__ import annotations

from ansible_collections.longshore.containers.plugins.module_utils._mapping_text import mapping_of

RUNC = "runc"

_CHECKED_BY = (RUNC, "io.containerd.runc.v2")
_OWN = frozenset(
    f"kernel.{name}"
    for name in (
        *("msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni", "shm_rmid_forced"),
        *("domainname", "hostname"),
    )
)
_OWN_BEGINNINGS = ("fs.mqueue.", "net.")
# They are of one interface each, and a container has other ones than its host.
_OF_INTERFACES = (".conf.", ".neigh.")


def sysctl_names(given):
    """Return the names of these kernel parameters, with dots."""
    return tuple(_with_dots(str(each)) for each in (mapping_of(given) or {}))


def sysctl_problems(names, runtime, exists):
    """Return a sentence for each parameter that no container can be started with on a host.

    `exists` tells whether the host has a file. Another runtime than runc has its own rules.
    """
    if runtime not in _CHECKED_BY:
        return []
    return [said for name in names if (said := _problem(name, exists))]


def _with_dots(name):
    # As sysctl(8) reads it: what the first sign is, divides.
    first = next((char for char in name if char in "./"), ".")
    return name if first == "." else name.translate(str.maketrans("./", "/."))


def _problem(name, exists):
    if name not in _OWN and not name.startswith(_OWN_BEGINNINGS):
        return (
            f"{name} in sysctls is of the host itself, and no container can have its own: set it "
            f"on this host (sysctl -w {name}=...), and take it out of the app's options"
        )
    is_own = any(part in name for part in _OF_INTERFACES)
    if is_own or exists(f"/proc/sys/{name.replace('.', '/')}"):
        return ""
    return f"there is no kernel parameter {name} on this host, which sysctls names: correct it"
