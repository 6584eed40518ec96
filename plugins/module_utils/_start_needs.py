# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a daemon looks for only when it starts a container, long after it made it.

Read from an app's options, before there is a container, and from the daemon's inspect answer for
one that was made, in the words of the options (community.docker.docker_container) both times.
Which of these are looked for at the start was tried with Docker 20.10.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ansible_collections.longshore.containers.plugins.module_utils._bound_files import (
    bound_sources,
    roots_of,
)
from ansible_collections.longshore.containers.plugins.module_utils._container import NEVER
from ansible_collections.longshore.containers.plugins.module_utils._host_needs import (
    BUILT_IN_NETWORKS,
    asked_mounts,
    asked_networks,
    mappings,
)
from ansible_collections.longshore.containers.plugins.module_utils._port_options import (
    ANY_ADDRESS,
    first_network,
    listed,
    needed_ports,
)
from ansible_collections.longshore.containers.plugins.module_utils._sysctls import sysctl_names

_SHARED = (("network_mode", "NetworkMode"), ("ipc_mode", "IpcMode"), ("pid_mode", "PidMode"))
_LIMITED = (
    ("device_read_bps", "BlkioDeviceReadBps"),
    ("device_write_bps", "BlkioDeviceWriteBps"),
    ("device_read_iops", "BlkioDeviceReadIOps"),
    ("device_write_iops", "BlkioDeviceWriteIOps"),
)
_NO_PROFILE = ("", "unconfined", "builtin")
_GPU_DRIVERS = (None, "", "nvidia")
# In all others a container is found by its name, whether it runs or not.
_KNOWS_LINKS = ("", "default", "bridge")


class StartNeeds(NamedTuple):
    """What has to be on the host; each thing with the option that asks for it.

    `paths` are (option, path) pairs, `bound` (path, path in the container) pairs of `volumes` that
    are lacking only where they were files, which the folders `roots` show; `partners` (option,
    container) pairs, `networks` (name, fixed address or empty, ID or empty) triples. `addresses`
    are those of the host at which ports are published, `profiles` seccomp profiles as they are
    given to the daemon, `sysctls` names of kernel parameters. `made_at` is when the container was
    made, empty where it is still to be.
    """

    paths: tuple = ()
    bound: tuple = ()
    roots: tuple = ()
    partners: tuple = ()
    networks: tuple = ()
    addresses: tuple = ()
    profiles: tuple = ()
    sysctls: tuple = ()
    runtime: str = ""
    log_driver: str = ""
    init: bool = False
    gpu: bool = False
    made_at: str = ""


def needs_of_options(options):
    """Return the StartNeeds of a container that these options will make."""
    shared = [(key, str(options.get(key) or "")) for key, _word in _SHARED]
    links = listed(options, "links") if first_network(options) in _KNOWS_LINKS else []
    volumes = _donors("volumes_from", listed(options, "volumes_from"))
    devices = [str(each).partition(":")[0] for each in listed(options, "devices")]
    limited = [
        (key, each.get("path")) for key, _word in _LIMITED for each in mappings(options, key)
    ]
    fixed = [
        (one.get("name"), address, "")
        for one in asked_networks(options)
        for address in _fixed(one, _OPTION)
    ]
    return StartNeeds(
        paths=_absolute([("devices", each) for each in devices] + limited + _sources(options)),
        partners=tuple(_partners(shared) + _donors("links", links) + volumes),
        # Whether a network is there is asked beside this, for those without an address too.
        networks=tuple(fixed),
        addresses=_own_addresses(port.address for port in needed_ports(options)),
        profiles=_profiles(listed(options, "security_opts")),
        sysctls=sysctl_names(options.get("sysctls")),
        runtime=str(options.get("runtime") or ""),
        log_driver=str(options.get("log_driver") or ""),
        init=options.get("init") is True,
        gpu=any(_asks_for_gpu(each, _OPTION) for each in mappings(options, "device_requests")),
    )


def needs_of_container(found):
    """Return the StartNeeds of a container by the daemon's inspect answer."""
    host = found.get("HostConfig") or {}
    networks = (found.get("NetworkSettings") or {}).get("Networks") or {}
    shared = [(key, str(host.get(word) or "")) for key, word in _SHARED]
    devices = [("devices", each.get("PathOnHost")) for each in host.get("Devices") or ()]
    limited = [(key, each.get("Path")) for key, word in _LIMITED for each in host.get(word) or ()]
    bindings = (each for some in (host.get("PortBindings") or {}).values() for each in some or ())
    log = (host.get("LogConfig") or {}).get("Type")
    links = (host.get("Links") or ()) if "bridge" in networks else ()
    return StartNeeds(
        paths=_absolute(devices + limited + _made_sources(host)),
        bound=_bound(found),
        roots=roots_of(found),
        partners=tuple(_partners(shared) + _donors("links", links)),
        networks=tuple(
            (name, address, _network_id(name, one or {}))
            for name, one in networks.items()
            for address in _fixed((one or {}).get("IPAMConfig") or {}, _FOUND) or ("",)
        ),
        addresses=() if is_host(host) else _own_addresses(b.get("HostIp") for b in bindings),
        profiles=_profiles(host.get("SecurityOpt") or ()),
        sysctls=sysctl_names(host.get("Sysctls")),
        runtime=str(host.get("Runtime") or ""),
        log_driver=str(log or ""),
        init=host.get("Init") is True,
        gpu=any(_asks_for_gpu(each, _FOUND) for each in host.get("DeviceRequests") or ()),
        made_at=str(found.get("Created") or ""),
    )


def is_host(host):
    """Whether a container's HostConfig gives it the host's own network."""
    return host.get("NetworkMode") == "host"


# How an option, and the daemon, name the same things.
_OPTION = {"four": "ipv4_address", "six": "ipv6_address", "driver": "driver", "can": "capabilities"}
_FOUND = {"four": "IPv4Address", "six": "IPv6Address", "driver": "Driver", "can": "Capabilities"}


def _fixed(addresses, words):
    found = (addresses.get(words["four"]), addresses.get(words["six"]))
    return tuple(str(each) for each in found if each)


def _asks_for_gpu(request, words):
    able = [word for some in request.get(words["can"]) or () for word in some or ()]
    return "gpu" in able and request.get(words["driver"]) in _GPU_DRIVERS


def _absolute(pairs):
    return tuple((key, str(path)) for key, path in pairs if str(path or "").startswith("/"))


def _partners(shared):
    pairs = [(key, value.partition("container:")) for key, value in shared]
    return [(key, name) for key, (before, word, name) in pairs if word and not before and name]


def _sources(options):
    # The daemon makes the folders of `volumes` itself, and those of `mounts` only if it shall.
    binds = [each for each in asked_mounts(options) if each.get("type") == "bind"]
    return [("mounts", each.get("source")) for each in binds if not each.get("create_mountpoint")]


def _made_sources(host):
    binds = [each for each in host.get("Mounts") or () if each.get("Type") == "bind"]
    strict = [b for b in binds if not (b.get("BindOptions") or {}).get("CreateMountpoint")]
    return [("mounts", each.get("Source")) for each in strict]


def _bound(found):
    # Before a container runs for the first time, nothing tells what its sources were.
    if ((found.get("State") or {}).get("StartedAt") or NEVER) == NEVER:
        return ()
    return bound_sources(found)


def _network_id(name, joined):
    # moby daemon/container_operations.go, getNetworkID: of a network that a person made, a
    # container that ran looks for the one that it was in, not for one of the same name.
    return "" if name in BUILT_IN_NETWORKS else str(joined.get("NetworkID") or "")


def _donors(option, given):
    # other:alias; of a container that was made, /other:/this/alias.
    return [(option, str(each).partition(":")[0].lstrip("/")) for each in given]


def _own_addresses(addresses):
    return tuple(sorted({str(each) for each in addresses if (each or "") not in ANY_ADDRESS}))


def _profiles(options):
    # As seccomp=... or seccomp:..., of which the rest may hold either sign.
    given = [(*re.split("[=:]", str(each), maxsplit=1), "")[:2] for each in options]
    found = [value for key, value in given if key.strip() == "seccomp"]
    return tuple(each for each in found if each.strip() not in _NO_PROFILE)
