# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet's bridge on this machine, and each host's cable to it."""

import contextlib
import json
from typing import Any

from fleet.commands import run
from fleet.errors import FleetError
from fleet.layout import Layout


def build(layout: Layout) -> None:
    """Make the bridge and let traffic over it pass, where that is not so already."""
    if not _exists(layout.bridge):
        _check_range_is_free(layout)
        # Without an address of its own a bridge takes that of one of its cables, and another one's
        # when that cable goes: hosts would go on sending to the old one for half a minute.
        address = layout.hardware_address(0)
        run("ip", "link", "add", layout.bridge, "address", address, "type", "bridge")
    run("ip", "address", "replace", f"{layout.gateway}/24", "dev", layout.bridge)
    run("ip", "link", "set", layout.bridge, "up")
    for rule in _firewall_rules(layout):
        if not _has_rule(rule):
            run("iptables", "--wait", "--insert", *rule)
    lead_straight(layout)


def remove(layout: Layout) -> None:
    """Take away the bridge, the cables and the firewall rules of this fleet, and nothing else."""
    for rule in _firewall_rules(layout):
        while _has_rule(rule):
            run("iptables", "--wait", "--delete", *rule)
    lead_straight(layout)
    for link in _links():
        if link.get("master") == layout.bridge:
            _delete_link(link["ifname"])
    if _exists(layout.bridge):
        _delete_link(layout.bridge)


def plug_in(layout: Layout, number: int, *, namespace_of: int) -> None:
    """Give the network namespace of process `namespace_of` its address on the bridge."""
    unplug(layout, number)
    cable, inside = layout.veth(number), ("nsenter", "--target", str(namespace_of), "--net")
    eth0 = ("eth0", "address", layout.hardware_address(number), "netns", str(namespace_of))
    run("ip", "link", "add", cable, "type", "veth", "peer", *eth0)
    run(*inside, "ip", "address", "add", f"{layout.address(number)}/24", "dev", "eth0")
    run(*inside, "ip", "link", "set", "eth0", "up")
    run(*inside, "ip", "route", "add", "default", "via", layout.gateway)
    # Last, because it is what `is_plugged_in` looks for: a crash before it is made good.
    run("ip", "link", "set", cable, "master", layout.bridge, "up")


def is_plugged_in(layout: Layout, number: int) -> bool:
    return any(
        link["ifname"] == layout.veth(number) and link.get("master") == layout.bridge
        for link in _links()
    )


def unplug(layout: Layout, number: int) -> None:
    if _exists(layout.veth(number)):
        _delete_link(layout.veth(number))


def lead_astray(layout: Layout, port: int) -> None:
    """Have connections from the hosts to the registry end at `port` of this machine instead."""
    run("iptables", "--wait", "--table", "nat", "--insert", *_astray(layout, port))


def lead_straight(layout: Layout) -> None:
    """End what `lead_astray` began, also in a process that was killed meanwhile."""
    for line in run(
        "iptables", "--wait", "--table", "nat", "--list-rules", "PREROUTING"
    ).splitlines():
        rule = line.split()[1:]
        if rule[:-1] == list(_astray(layout, 0))[:-1]:
            run("iptables", "--wait", "--table", "nat", "--delete", *rule)


def _astray(layout: Layout, port: int) -> tuple[str, ...]:
    """The rule as `iptables --list-rules` writes it."""
    address, _, registry_port = layout.registry.partition(":")
    match = ("-d", f"{address}/32", "-i", layout.bridge, "-p", "tcp", "-m", "tcp")
    return (
        "PREROUTING",
        *match,
        "--dport",
        registry_port,
        "-j",
        "REDIRECT",
        "--to-ports",
        str(port),
    )


def _firewall_rules(layout: Layout) -> tuple[tuple[str, ...], ...]:
    """A machine whose policy is to drop (Docker sets that for FORWARD) still lets us through."""
    return (
        ("FORWARD", "-i", layout.bridge, "-o", layout.bridge, "-j", "ACCEPT"),
        ("INPUT", "-i", layout.bridge, "-j", "ACCEPT"),
    )


def _has_rule(rule: tuple[str, ...]) -> bool:
    try:
        run("iptables", "--wait", "--check", *rule)
    except FleetError:
        return False
    return True


def _check_range_is_free(layout: Layout) -> None:
    found = json.loads(run("ip", "-json", "-4", "address"))
    for link in found:
        for address in link.get("addr_info", ()):
            if str(address.get("local", "")).startswith(f"{layout.subnet}."):
                raise FleetError(
                    f"{layout.subnet}.0/24 is in use by interface {link['ifname']}:"
                    " choose another range with --subnet, or take that fleet down first"
                )


def _links() -> list[dict[str, Any]]:
    links: list[dict[str, Any]] = json.loads(run("ip", "-json", "link"))
    return links


def _exists(interface: str) -> bool:
    return any(link["ifname"] == interface for link in _links())


def _delete_link(interface: str) -> None:
    # A cable goes by itself when its host's namespace does, perhaps right now.
    with contextlib.suppress(FleetError):
        run("ip", "link", "delete", interface)
