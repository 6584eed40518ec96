# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What would keep a container from being started on a host: one sentence per problem.

Decides on StartNeeds with what StartFacts tells of the host.
"""

from __future__ import annotations

import ipaddress
import json

from ansible_collections.longshore.containers.plugins.module_utils._sysctls import (
    RUNC,
    sysctl_problems,
)

GONE = "gone"
STOPPED = "stopped"
# Runtimes that a daemon finds by their name alone, without being configured.
_SHIM = "io.containerd."
_DEFAULT_NETWORK = "bridge"
_CORRECT = "or correct the app's options"


def start_problems(needs, facts):
    """Return a sentence for each thing that a container needs to start and the host has not."""
    return [
        *_path_problems(needs, facts),
        *partner_problems(needs, facts),
        *_network_problems(needs, facts),
        *_host_address_problems(needs, facts),
        *_profile_problems(needs),
        *_sysctl_problems(needs, facts),
        *_runtime_problems(needs, facts),
        *_log_problems(needs, facts),
        *_init_problems(needs, facts),
        *_gpu_problems(needs, facts),
    ]


def partner_problems(needs, facts):
    """Return a sentence for each container that has to be there, or to run, and does not."""
    stopped = [
        f"{option} names the container {name[:64]}, which does not run: start it, {_CORRECT}"
        for option, name in needs.partners
        if option != "volumes_from" and _state(option, name, needs, facts) == STOPPED
    ]
    private = [
        f"{option} names the container {name[:64]}, which keeps its IPC to itself: make that one "
        f"with ipc_mode shareable, {_CORRECT}"
        for option, name in needs.partners
        if option == "ipc_mode" and facts.keeps_ipc(name)
    ]
    return [*partners_gone(needs, facts), *stopped, *private]


def partners_gone(needs, facts):
    """Return a sentence for each container that is gone: it will not come back by this ID."""
    # One that was made names an ID, which nobody can make again.
    advice = "" if needs.made_at else f": make it, {_CORRECT}"
    return [
        f"{option} names the container {name[:64]}, which is not on this host (one that was made "
        f"anew is another one){advice}"
        for option, name in needs.partners
        if _state(option, name, needs, facts) == GONE
    ]


def networks_made_anew(needs, facts):
    """Return a sentence for each network of that name which is not the one that is looked for."""
    found = sorted({(name, made) for name, _address, made in needs.networks if made})
    return [
        _network_gone(name, facts)
        for name, made in found
        if facts.network(made) is None and facts.network(name) is not None
    ]


def shares(needs):
    """Return the options by which a container shares a namespace of another one."""
    return {option for option, _name in needs.partners if option.endswith("_mode")}


def shares_lost(needs, facts):
    """Return those of `shares` of which the other container is gone."""
    found = [(option, name) for option, name in needs.partners if option in shares(needs)]
    return {option for option, name in found if _state(option, name, needs, facts) == GONE}


def _state(option, name, needs, facts):
    # A link is kept by name and means one container all the same: not one that was made since.
    if option == "links" and needs.made_at and facts.is_newer(name, needs.made_at):
        return GONE
    return facts.partner(name)


def _path_problems(needs, facts):
    files = [
        ("volumes", path)
        for path, inside in needs.bound
        if not facts.exists(path) and facts.is_file_within(needs.roots, inside)
    ]
    lacking = [(option, path) for option, path in needs.paths if not facts.exists(path)] + files
    return [
        f"there is no {'device' if 'device' in option else 'path'} {path} on this host, which "
        f"{option} names: see that it is there, {_CORRECT}"
        for option, path in lacking
    ]


def _network_problems(needs, facts):
    asked = {(name, address): facts.network(made or name) for name, address, made in needs.networks}
    gone = sorted({name for (name, _address), found in asked.items() if found is None})
    there = [(*each, found) for each, found in asked.items() if each[1] and found is not None]
    return [
        *(_network_gone(name, facts) for name in gone),
        *(each for one in there for each in _address_problems(*one, facts)),
    ]


def _network_gone(name, facts):
    if facts.network(name) is None:
        create = "create it on this host (docker network create)"
        return f"there is no network {name}: {create}, {_CORRECT}"
    return (
        f"the network {name} was made anew, and the container looks for the one that it was in: "
        "connect it anew on this host (docker network disconnect --force, then docker network "
        "connect)"
    )


def _address_problems(name, address, network, facts):
    if name == _DEFAULT_NETWORK:
        yield f"{address} in the network {name}: only networks of your own have fixed addresses"
        return
    subnets = facts.subnets(network)
    if subnets and not any(_is_within(address, subnet) for subnet in subnets):
        yield (
            f"the address {address} is not in the network {name} ({', '.join(subnets)}): correct "
            "networks in the app's options"
        )
    for holder in facts.holders(network, address):
        yield (
            f"the address {address} in the network {name} is held by the container {holder}: stop "
            f"that one, {_CORRECT}"
        )


def _is_within(address, subnet):
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(subnet, strict=False)
    except ValueError:
        return True  # the daemon has the last word on what nobody can read


def _host_address_problems(needs, facts):
    return [
        f"{address} is not an address of this host, and ports are published at it: give it to the "
        "host, or change published_ports"
        for address in needs.addresses
        if not facts.has_address(address)
    ]


def _profile_problems(needs):
    return [
        f"seccomp={text[:100]} in security_opts is not a profile, and the daemon reads no file: "
        "write the profile itself, which lookup('ansible.builtin.file', ...) reads on the control "
        "node"
        for text in needs.profiles
        if not _is_profile(text)
    ]


def _is_profile(text):
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _sysctl_problems(needs, facts):
    if not needs.sysctls:
        return []
    runtime = needs.runtime or facts.info().get("DefaultRuntime") or RUNC
    return sysctl_problems(needs.sysctls, runtime, facts.exists)


def _runtime_problems(needs, facts):
    known = facts.info().get("Runtimes") or {}
    if not needs.runtime or not known or needs.runtime in known:
        return []
    if needs.runtime.startswith(_SHIM):
        return []
    only = ", ".join(sorted(known))
    lacking = f"this host's Docker has no runtime {needs.runtime} but only {only}"
    return [f"{lacking}: install it and name it in daemon.json, {_CORRECT}"]


def _log_problems(needs, facts):
    known = (facts.info().get("Plugins") or {}).get("Log") or []
    # A plugin that was installed is named with its tag, and looked up by the daemon.
    builtin = ":" not in needs.log_driver and "/" not in needs.log_driver
    if not known or not builtin or needs.log_driver in ("", "none", *known):
        return []
    only = ", ".join(sorted(known))
    lacking = f"this host's Docker has no log driver {needs.log_driver} but only {only}"
    return [f"{lacking}: install it, {_CORRECT}"]


def _init_problems(needs, facts):
    # What the daemon says where it cannot run the program that `init` puts before the app.
    lacking = (facts.info().get("InitCommit") or {}).get("ID") == "N/A"
    if not needs.init or not lacking:
        return []
    program = facts.info().get("InitBinary") or "docker-init"
    return [f"this host has no {program}, which init needs: install it (tini), {_CORRECT}"]


def _gpu_problems(needs, facts):
    if not needs.gpu or facts.has_gpu_runtime():
        return []
    lacking = "this host's Docker cannot hand out a GPU, which device_requests ask for"
    advice = "install the vendor's container toolkit and restart Docker"
    return [f"{lacking}: {advice}, {_CORRECT}"]
