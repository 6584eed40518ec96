# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why no second container can run beside the first, and be told from it: the one sentence.

The bridge and the playbooks ask with what an app's options say, the switch with what the daemon
says of the container that it made from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.longshore.containers.plugins.module_utils._port_options import listed

_ADDRESSES = ("ipv4_address", "ipv6_address", "mac_address")
# Ansible takes key=value and JSON for a mapping too.
_IN_TEXT = rf"({'|'.join(_ADDRESSES)})[\"']?\s*[=:]\s*[\"']?([^\s,\"'}}]+)"


def fixed_address(options: Mapping[str, Any]) -> str:
    """Return the first IP or MAC address that the options fix, in a network or not, or empty."""
    asked = [options.get("mac_address")]
    for network in listed(options, "networks"):
        if isinstance(network, Mapping):
            asked += [network.get(key) for key in _ADDRESSES]
        else:
            asked += [found[2] for found in re.finditer(_IN_TEXT, str(network))]
    return next((str(address) for address in asked if address), "")


def start_first_problem(
    *, fixed_ports: Iterable[str], host_network: bool, fixed_address: str, asked_elsewhere: str
) -> str:
    """Return why `start_first` cannot be done, or an empty string.

    `fixed_address` is an IP or MAC address that the container asks for, `asked_elsewhere` the key
    of a probe that does not ask the new container itself.
    """
    why = _why(", ".join(fixed_ports), host_network, fixed_address, asked_elsewhere)
    return f"start_first needs two containers at once, but {why}" if why else ""


def _why(fixed: str, host_network: bool, address: str, elsewhere: str) -> str:
    if fixed:
        return (
            f"container.published_ports fixes {fixed} on the host; publish the container's port "
            "alone, as 8080, and let the proxy find it, or write stop_first"
        )
    if host_network:
        return (
            "container.network_mode, or the first of container.networks, is host, whose ports the "
            "old container holds; give it another network, or write stop_first"
        )
    if address:
        return (
            f"only one can have the address {address}; let Docker choose one, and let the proxy "
            "find it by a network's alias, or write stop_first"
        )
    if elsewhere:
        return (
            f"health.{elsewhere} may be answered by the old one; write `container` for its host, "
            "which is the new container itself, or write stop_first"
        )
    return ""
