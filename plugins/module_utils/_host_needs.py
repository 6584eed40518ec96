# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a container's options need of a host: ports, named volumes and networks.

The options are those of community.docker.docker_container, as far as they name such things.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible.module_utils.common.validation import check_type_dict

ANY_ADDRESS = ("", "0.0.0.0", "::")  # noqa: S104 -- compared with, never bound
# Networks that every daemon has, and modes that name none.
BUILT_IN_NETWORKS = ("", "default", "bridge", "host", "none")

_PORT = re.compile(
    r"(?:(?P<address>\[[^]]*\]|[^:\[\]]*):)?(?P<first>\d+)(?:-(?P<last>\d+))?"
    r":(?P<inner>\d+(?:-\d+)?)(?:/(?P<protocol>tcp|udp|sctp))?"
)
_MAPPINGS = {
    "networks": "{name: backend}",
    "mounts": "{type: volume, source: data, target: /data}",
}
_VOLUME_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")


@dataclass(frozen=True)
class Port:
    """One port of a host: `address` is empty for all addresses."""

    address: str
    number: int
    protocol: str

    def clashes(self, other):
        """Whether both cannot be held at the same time."""
        same = (self.number, self.protocol) == (other.number, other.protocol)
        alike = self.address == other.address
        return same and (alike or self.address in ANY_ADDRESS or other.address in ANY_ADDRESS)

    def __str__(self):
        shown = f"{self.address}:" if self.address else ""
        return f"{shown}{self.number}/{self.protocol}"


def needed_ports(options):
    """Return the fixed host ports that the options publish."""
    key = "published_ports" if options.get("published_ports") else "ports"
    return tuple(port for each in _listed(options, key) for port in _ports(str(each)))


def _ports(text):
    # Without a host port the daemon chooses a free one: nothing can clash.
    match = _PORT.fullmatch(text.strip())
    if match is None:
        return
    first = int(match["first"])
    last = int(match["last"] or first)
    if last != first and "-" not in match["inner"]:
        return  # the daemon takes any free one of the range
    address = (match["address"] or "").strip("[]")
    for number in range(first, last + 1):
        yield Port("" if address in ANY_ADDRESS else address, number, match["protocol"] or "tcp")


def needed_volumes(options):
    """Return the names of the volumes that the options mount."""
    binds = (str(each).strip().partition(":") for each in _listed(options, "volumes"))
    named = {source for source, colon, _rest in binds if colon}
    mounts = [each for each in _mappings(options, "mounts") if each.get("type") in (None, "volume")]
    named |= {str(each.get("source") or "") for each in mounts}
    return tuple(sorted(name for name in named if _VOLUME_NAME.fullmatch(name)))


def needed_networks(options):
    """Return the names of the networks that the options join."""
    named = {str(each.get("name") or "") for each in _mappings(options, "networks")}
    mode = str(options.get("network_mode") or "")
    named |= set() if mode.startswith("container:") else {mode}
    return tuple(sorted(named - set(BUILT_IN_NETWORKS)))


def option_problems(options):
    """Return a sentence for each element that must be a mapping and is none."""
    return [
        f"{key}[{number}] of the container's options must be a mapping, such as {example}"
        for key, example in _MAPPINGS.items()
        for number, each in enumerate(_listed(options, key))
        if _mapping(each) is None
    ]


def _listed(options, key):
    # Ansible takes a text for a list too, and separates it at commas.
    given = options.get(key) or []
    given = given.split(",") if isinstance(given, str) else given
    return given if isinstance(given, list) else [given]


def _mappings(options, key):
    found = (_mapping(each) for each in _listed(options, key))
    return [each for each in found if each is not None]


def _mapping(value):
    # Ansible takes key=value and JSON for a mapping too.
    try:
        return check_type_dict(value)
    except TypeError:
        return None
