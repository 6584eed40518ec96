# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What would keep a release from running on a host: pure decisions, one sentence per problem."""

from __future__ import annotations

from typing import NamedTuple

from ansible_collections.longshore.containers.plugins.module_utils._switch_plan import ALSO_RUNS

# Room that a daemon needs besides the image: layers' metadata, the container's own files, its log.
MARGIN_BYTES = 64 * 1024 * 1024
# A layer lies there compressed while it is unpacked. Of a newer version of an image that the host
# has, most layers are there already.
ROOM_FOR_NEW_IMAGE = 2
ROOM_FOR_NEXT_VERSION = 1

_MEGA = 1000 * 1000


class Found(NamedTuple):
    """What a host has: `holders` are (Port, who), `free_bytes` is None where it is not known.

    `networks_by_id` are pairs of what is asked for and the name of the network that has this ID.
    """

    architecture: str
    free_bytes: int | None = None
    has_earlier_version: bool = False
    missing_volumes: tuple = ()
    missing_networks: tuple = ()
    networks_by_id: tuple = ()
    holders: tuple = ()


def room_problem(found, *, image_bytes):
    """Return why the image does not fit onto the disk, or an empty string."""
    times = ROOM_FOR_NEXT_VERSION if found.has_earlier_version else ROOM_FOR_NEW_IMAGE
    wanted = times * image_bytes + MARGIN_BYTES
    if found.free_bytes is None or found.free_bytes >= wanted:
        return ""
    free, need = found.free_bytes // _MEGA, wanted // _MEGA
    return (
        f"{free} MB are free where Docker keeps its images, and about {need} MB are needed: free "
        "disk space on this host (docker system df tells what Docker uses)"
    )


def platform_problem(platforms, *, architecture, wanted):
    """Return why none of the image's platforms runs here, or an empty string.

    `platforms` are texts such as linux/arm64/v8, none of them if unknown; `wanted` is the
    platform that the app's options ask for.
    """
    if not platforms:
        return ""
    if wanted:
        fits = any(_covers(each, wanted) for each in platforms)
    else:
        runs = {architecture, *ALSO_RUNS.get(architecture, ())}
        fits = any(_processor(each) in runs for each in platforms)
    if fits:
        return ""
    needed = wanted or architecture
    return (
        f"the image has no {needed} but only {', '.join(sorted(platforms))}: push an image that "
        "includes this host's processor"
    )


def _processor(platform):
    return platform.partition("/")[2].partition("/")[0] or platform


def _covers(platform, wanted):
    alike = f"{platform}/".startswith(f"{wanted}/") or f"{wanted}/".startswith(f"{platform}/")
    return alike or _processor(platform) == wanted


def volume_problems(found):
    """Return a sentence for each named volume that is missing."""
    advice = "create it on this host (docker volume create), or correct the app's options"
    return [f"there is no volume {each}: {advice}" for each in found.missing_volumes]


def volume_warning(name, path):
    """Say that what a container keeps at a path stays with it."""
    return (
        f"{name} keeps {path} in a volume without a name, so whatever replaces it begins with an "
        f"empty {path}: to keep the data, mount a named volume there (volumes: [NAME:{path}]) and "
        f"copy it; if it may go, write volumes: [{path}]"
    )


def network_problems(found):
    """Return a sentence for each network that is missing, or named by its ID."""
    advice = "create it on this host (docker network create), or correct the app's options"
    missing = [f"there is no network {each}: {advice}" for each in found.missing_networks]
    return missing + [
        f"{asked} in networks is the ID of the network {name} of this host: write its name"
        for asked, name in found.networks_by_id
    ]


def port_problems(found, ports):
    """Return a sentence for each port that somebody else holds."""
    return [
        f"port {port} is held by {who}: free it, or change published_ports"
        for port in ports
        for who in _holders_of(port, found)[:1]
    ]


def _holders_of(port, found):
    return [who for held, who in found.holders if port.clashes(held)]
