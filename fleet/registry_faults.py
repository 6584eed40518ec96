# SPDX-License-Identifier: GPL-3.0-or-later
"""A bad line between the hosts and the registry; this machine's own, and the bridge's, is good."""

import contextlib
from collections.abc import Iterator

from fleet import network
from fleet.fault_proxy import Fault, FaultProxy
from fleet.fleet import Fleet

_PORTS_ABOVE_THE_REGISTRY = 1


@contextlib.contextmanager
def bad_line(fleet: Fleet, fault: Fault) -> Iterator[FaultProxy]:
    """Lead the hosts' connections to the registry over a line with this fault."""
    address, _, port = fleet.registry.address.partition(":")
    listen = (address, int(port) + _PORTS_ABOVE_THE_REGISTRY)
    with FaultProxy(listen, (address, int(port))).running() as proxy:
        proxy.hurt(fault)
        network.lead_astray(fleet.layout, listen[1])
        try:
            yield proxy
        finally:
            network.lead_straight(fleet.layout)
