# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a container is in all the networks that its options ask for, as they ask for it.

Networks are joined in calls of their own after the container was made, by daemons older than API
1.44 and wherever docker_container compares. One of these calls that fails, or is never made, leaves
a container that looks whole by its name.

Options are those of community.docker.docker_container; what is found is NetworkSettings.Networks
of the daemon's inspect answer (https://docs.docker.com/reference/api/engine/).
"""

from __future__ import annotations

import ipaddress

from ansible_collections.longshore.containers.plugins.module_utils._host_needs import (
    asked_networks,
)
from ansible_collections.longshore.containers.plugins.module_utils._port_options import listed

_ADDRESSES = (("ipv4_address", "IPv4Address"), ("ipv6_address", "IPv6Address"))


def network_gaps(options, found):
    """Return a sentence for each thing that the options ask for and the container has not."""
    return [
        gap
        for asked in asked_networks(options)
        for gap in _gaps(asked, (found or {}).get(asked.get("name")))
    ]


def unlike_options(name, gaps):
    """Return the one sentence about a container with such gaps, or an empty string."""
    return (
        f"the container {name} is not what its options ask for: {', '.join(gaps)}" if gaps else ""
    )


def _gaps(asked, found):
    name = asked.get("name")
    if found is None:
        return [f"it is not in the network {name}"]
    where = f"in the network {name}"
    return [
        *_missing("alias", listed(asked, "aliases"), found.get("Aliases"), where),
        *_missing("link", _links(asked), found.get("Links"), where),
        *_other_addresses(asked, found, where),
    ]


def _missing(kind, asked, found, where):
    lacking = [str(each) for each in asked if str(each) not in (found or ())]
    return [f"it has no {kind} {each} {where}" for each in lacking]


def _links(asked):
    # As docker_container sends them: a name alone is its own alias.
    links = [str(each) for each in listed(asked, "links")]
    return [each if ":" in each else f"{each}:{each}" for each in links]


def _other_addresses(asked, found, where):
    wanted = found.get("IPAMConfig") or {}
    pairs = [(asked.get(key), wanted.get(word), _same_address) for key, word in _ADDRESSES]
    # A daemon tells no MAC address, or knows of none, before the container is started.
    if found.get("MacAddress"):
        pairs.append((asked.get("mac_address"), found["MacAddress"], _same_mac))
    return [
        f"its address {where} is {has or 'not fixed'} and not {want}"
        for want, has, same in pairs
        if want and not same(want, has)
    ]


def _same_address(one, other):
    try:
        return ipaddress.ip_address(str(one)) == ipaddress.ip_address(str(other))
    except ValueError:
        return one == other


def _same_mac(one, other):
    return str(one).replace("-", ":").lower() == str(other).lower()
