# SPDX-License-Identifier: GPL-3.0-or-later
"""Where everything of one fleet lies: names, addresses and paths, computed and never looked up."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from fleet.errors import FleetError

MAX_HOSTS = 50
# Linux allows 15 characters for an interface; "-br" and "-50" take three of them.
_LONGEST_PREFIX = 12
# A Unix socket's path is limited to 107 characters; the longest one below a state folder is
# "/hosts/h50/run/docker.sock".
_LONGEST_STATE = 80


@dataclass(frozen=True)
class Layout:
    """The names and addresses of one fleet, so that several can stand side by side."""

    name: str
    subnet: str
    state: Path

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", self.name):
            raise FleetError(f"fleet name {self.name!r}: use a-z, 0-9 and -, a letter first")
        if not _is_subnet(self.subnet):
            raise FleetError(f"subnet {self.subnet!r}: give three octets, such as 10.77.0")
        if not self.state.is_absolute() or len(str(self.state)) > _LONGEST_STATE:
            raise FleetError(
                f"state folder {self.state}: give an absolute path of at most {_LONGEST_STATE}"
                " characters (the Docker sockets lie below it)"
            )

    @property
    def interface_prefix(self) -> str:
        """The fleet's name where it is short enough, else a shortened one that stays unique."""
        if len(self.name) <= _LONGEST_PREFIX:
            return self.name
        return f"{self.name[:6]}-{hashlib.sha256(self.name.encode()).hexdigest()[:5]}"

    @property
    def bridge(self) -> str:
        return f"{self.interface_prefix}-br"

    @property
    def gateway(self) -> str:
        """The machine's own address on the fleet's network."""
        return f"{self.subnet}.1"

    @property
    def registry(self) -> str:
        """The registry as an image reference starts: host and port."""
        return f"{self.gateway}:5000"

    @property
    def cgroup(self) -> str:
        """Parent of all containers' control groups, told apart from those of other daemons."""
        return f"fleet-{self.name}"

    @property
    def private_key(self) -> Path:
        return self.state / "ssh" / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        return self.state / "ssh" / "known_hosts"

    def veth(self, number: int) -> str:
        return f"{self.interface_prefix}-{number}"

    def address(self, number: int) -> str:
        return f"{self.subnet}.{10 + number}"

    def hardware_address(self, number: int) -> str:
        """The address of a host's network card: the same after each boot, as a machine's is.

        Locally administered (02), then the octets of its IP address; number 0 is the gateway.
        """
        octets = (self.address(number) if number else self.gateway).split(".")
        return ":".join(["02", "00", *(f"{int(octet):02x}" for octet in octets)])

    def docker_bridge(self, number: int) -> str:
        """The address of a host's docker0, with mask.

        Taken from the carrier-grade NAT range (RFC 6598), which no Docker default uses, so that
        it clashes neither with the fleet's network nor with the machine's own daemon.
        """
        second, third = (int(octet) for octet in self.subnet.split(".")[1:])
        return f"100.{64 + (second + third) % 64}.{10 + number}.1/24"

    def host_folder(self, number: int) -> Path:
        return self.state / "hosts" / f"h{number}"


def default_state(name: str) -> Path:
    return Path("/var/tmp") / f"fleet-{name}"


def _is_subnet(text: str) -> bool:
    octets = text.split(".")
    return len(octets) == 3 and all(
        octet.isascii() and octet.isdigit() and str(int(octet)) == octet and int(octet) < 256
        for octet in octets
    )
