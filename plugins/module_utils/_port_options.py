# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ports of a host that a container's options ask for.

The options are those of community.docker.docker_container.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

ANY_ADDRESS = ("", "0.0.0.0", "::")  # noqa: S104 -- compared with, never bound

_PORT = (
    r"(?:(?P<address>\[[^]]*\]|[^:\[\]]*):)?(?P<first>\d+)(?:-(?P<last>\d+))?"
    r":(?P<inner>\d+(?:-\d+)?)(?:/(?P<protocol>tcp|udp|sctp))?"
)

# community.docker 5, plugins/module_utils/_module_container/base.py, _parse_port_range and
# _preprocess_ports: a host's port may be left out after an address only.
_ADDRESS = r"(?:\d+\.\d+\.\d+\.\d+|\[[0-9a-fA-F:]+(?:%[^\]/]+)?\])"
_PUBLISHED = (
    rf"(?:(?:{_ADDRESS}:|(?:{_ADDRESS}:)?(?P<host>\d+(?:-\d+)?)):)?"
    r"(?P<inner>\d+(?:-\d+)?)(?:/(?:tcp|udp|sctp))?"
)
_LAST_PORT = 65535
_MUST_BE = (
    "must be a port from 1 to 65535, host:container or address:host:container, with an IPv4 or "
    "[IPv6] address"
)


class Port(NamedTuple):
    """One port of a host: `address` is empty for all addresses."""

    address: str
    number: int
    protocol: str

    def clashes(self, other: Port) -> bool:
        """Whether both cannot be held at the same time."""
        same = (self.number, self.protocol) == (other.number, other.protocol)
        alike = self.address == other.address
        return same and (alike or self.address in ANY_ADDRESS or other.address in ANY_ADDRESS)

    def __str__(self) -> str:
        shown = f"{self.address}:" if self.address else ""
        return f"{shown}{self.number}/{self.protocol}"


def published_problem(text: str) -> str:
    """Return what is wrong with published ports as they are written; empty where nothing is.

    A template, which a host renders, and `all` are taken as they are; several stand between commas.
    """
    if not text or "{{" in text or "{%" in text:
        return ""
    said = (_problem_of(one.strip()) for one in text.split(","))
    return next((each for each in said if each), "")


def _problem_of(text: str) -> str:
    found = re.fullmatch(_PUBLISHED, text, re.ASCII)
    if text == "all":
        return ""
    if found is None:
        return f"{_MUST_BE}, not {text!r}"
    host, inner = _range(found["host"] or "0"), _range(found["inner"])
    ascend = host[0] <= host[1] and 0 < inner[0] <= inner[1]
    if not ascend or max(host[1], inner[1]) > _LAST_PORT:
        return f"{_MUST_BE}, not {text!r}"
    is_one = inner[0] == inner[1]  # any free port of the host's range is as good
    if found["host"] is None or is_one or _length(host) == _length(inner):
        return ""
    return f"must have as many ports of the host as of the container, not {text!r}"


def _length(ports: tuple[int, int]) -> int:
    return ports[1] - ports[0]


def _range(text: str) -> tuple[int, int]:
    first, _hyphen, last = text.partition("-")
    return int(first), int(last or first)


def first_network(options: Mapping[str, Any]) -> str:
    """Return the network that a container is made in, empty for the daemon's default.

    The first of `networks` is it, as far as `network_mode` names no other one.
    """
    mode = str(options.get("network_mode") or "")
    if mode or options.get("networks_cli_compatible") is False:
        return mode
    return next((_name_of(each) for each in listed(options, "networks")), "")


def uses_host_network(options: Mapping[str, Any]) -> bool:
    """Return whether the options give the container the host's own network."""
    return first_network(options) == "host"


def needed_ports(options: Mapping[str, Any]) -> tuple[Port, ...]:
    """Return the fixed host ports that the options publish; none in the host's own network."""
    return tuple(port for text in _published(options) for port in _ports(text))


def fixed_ports(options: Mapping[str, Any]) -> list[str]:
    """Return what is published on a fixed port of the host, as it is written.

    `80:8080` is one; `8080`, `127.0.0.1::8080` and a range, `8000-8009:8080`, leave a choice.
    """
    return [text for text in _published(options) if any(True for _port in _ports(text))]


def listed(options: Mapping[str, Any], key: str) -> list[Any]:
    """Return an option that is a list; Ansible separates a text at commas."""
    given = options.get(key) or []
    given = given.split(",") if isinstance(given, str) else given
    return given if isinstance(given, list) else [given]


def _name_of(network: Any) -> str:
    # Ansible takes key=value for a mapping too.
    given = network if isinstance(network, Mapping) else {}
    words = str(network).split() if isinstance(network, str) else []
    named = (word.partition("name=")[2] for word in words if word.startswith("name="))
    return str(given.get("name") or next(named, ""))


def _published(options: Mapping[str, Any]) -> list[str]:
    if uses_host_network(options):
        return []  # there the daemon discards what is published
    key = "published_ports" if options.get("published_ports") else "ports"
    return [str(each).strip() for each in listed(options, key)]


def _ports(text: str) -> Iterator[Port]:
    # Without a host port, or with 0, the daemon chooses a free one: nothing can clash.
    match = re.fullmatch(_PORT, text, re.ASCII)
    if match is None or not int(match["first"]):
        return
    first = int(match["first"])
    last = int(match["last"] or first)
    if last != first and "-" not in match["inner"]:
        return  # the daemon takes any free one of the range
    address = (match["address"] or "").strip("[]")
    for number in range(first, last + 1):
        yield Port("" if address in ANY_ADDRESS else address, number, match["protocol"] or "tcp")
