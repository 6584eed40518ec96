# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role docker_container asks its modules for, from its variables.

In Python, since Ansible compiles every template anew for each host and task: a variable is named
once here, however often its value is used.
"""

from __future__ import annotations

import hashlib

from ansible.plugins.filter.core import to_json
from ansible_collections.longshore.containers.plugins.plugin_utils._image_name import image_in_full
from ansible_collections.longshore.containers.plugins.plugin_utils._option_prints import (
    option_label,
)

# Options that name something which the host has to have, or to be free of. Not the environment:
# nothing secret has to travel for pre-flight.
HOST_OPTIONS = frozenset(
    (
        "device_read_bps",
        "device_read_iops",
        "device_requests",
        "device_write_bps",
        "device_write_iops",
        "devices",
        "env_file",
        "init",
        "ipc_mode",
        "links",
        "log_driver",
        "mounts",
        "network_mode",
        "networks",
        "networks_cli_compatible",
        "pid_mode",
        "platform",
        "ports",
        "published_ports",
        "restart_policy",
        "restart_retries",
        "runtime",
        "security_opts",
        "tmpfs",
        "volume_driver",
        "volumes",
        "volumes_from",
    )
)
# The switch sets the restart policy, once the container has proved itself.
SET_BY_US = frozenset(("labels", "restart_policy", "restart_retries"))
HEALTH = ("timeout", "stable_for", "start_period", "interval", "successes")
NAME_DIGITS = 12
LONGEST_REGISTRY_S = 20


def preflight_arguments(release):
    """Return what container_preflight is asked for."""
    options, image = release["options"], release["image_facts"]
    return {
        "app": release["app"],
        "restore_container": release["restore_container"] or None,
        "image": release["image"],
        "digest": release["digest"],
        "login": release["registry"] or None,
        "name": container_name(release),
        "strategy": release["switch"],
        "options": {key: value for key, value in options.items() if key in HOST_OPTIONS},
        "image_bytes": image.get("bytes") or 0,
        "platforms": image.get("platforms") or [],
        # So that this ends, and is told from a host that hangs, before the task's own time is up.
        "registry_timeout": min(LONGEST_REGISTRY_S, int(release["answer_timeout"]) // 3),
        "registry_spread": release["registry_spread"],
        "switch": _order(release) if _has_readable_networks(options) else None,
        "socket": release["socket"],
    }


def staging_arguments(release):
    """Return what staged_release is asked for."""
    options = release["options"]
    return {
        "name": container_name(release),
        "image": release["image"],
        "digest": release["digest"],
        "login": release["registry"] or None,
        "registry_spread": release["registry_spread"],
        "labels": {**(options.get("labels") or {}), **_labels(release)},
        "options": {key: value for key, value in options.items() if key not in SET_BY_US},
        "socket": release["socket"],
    }


def switch_arguments(release):
    """Return what container_switch is asked for."""
    return {**_order(release), "socket": release["socket"]}


def container_name(release):
    """Return the name of the release's container.

    It tells digest, options and what the host's env_file says apart, so that staging never has to
    compare (which could remove a running container) and a change of options is a new container.
    """
    content = release["looked"].get("env_file") or ""
    said = f"{release['digest']}{to_json(release['options'], sort_keys=True)}{content}"
    print_of_it = hashlib.sha256(said.encode("utf-8", "surrogateescape")).hexdigest()
    return f"{release['app']}-{print_of_it[:NAME_DIGITS]}"


def _order(release):
    options, health = release["options"], release["health"]
    # A container to go back to has a name already.
    kept = release["kept"]
    which = {"restore_container": kept} if kept else {"name": container_name(release)}
    # What is left out has the defaults of container_switch.
    times = {key: health[key] for key in HEALTH if key in health}
    return {
        "app": release["app"],
        "digest": release["digest"],
        "http": _probe(health.get("http")),
        "tcp": health.get("tcp"),
        "strategy": release["switch"],
        "drain": release["drain"],
        "share_host": release["share_host"],
        "keep": release["keep"],
        "protect": release["protect"],
        "stop_timeout": release["stop_timeout"] or None,
        "platform": options.get("platform"),
        "networks": options.get("networks") or [],
        "retire": release["retire"],
        **times,
        **which,
    }


def _has_readable_networks(options):
    # Else pre-flight says what is wrong with them.
    networks = options.get("networks") or []
    return isinstance(networks, list) and all(isinstance(each, dict) for each in networks)


def _probe(http):
    # One status code may be written without a list.
    if not http:
        return None
    status = http.get("status", 200)
    return {**http, "status": status if isinstance(status, list) else [status]}


def _labels(release):
    looked = release["looked"]
    replaces = "" if release["goes_back"] else looked.get("replaces") or ""
    content = looked.get("env_file") or ""
    return {
        "longshore.app": release["app"],
        "longshore.digest": release["digest"],
        "longshore.image": image_in_full(release["image"]),
        "longshore.restart_policy": _policy_label(release["options"]),
        # The order of releases, for going back. Set in any case: an image may bring labels of
        # these names.
        "longshore.released_at": release["released_at"],
        "longshore.replaces": replaces,
        # By what the containers' options are compared later: see docs/drift.md.
        **option_label(release["options"], release["option_key"], content),
    }


def _policy_label(options):
    # The default brings the old container back if the host reboots in the middle of a switch.
    # Null is as good as left out; every other word that Docker does not know is refused by
    # pre-flight.
    policy = options.get("restart_policy")
    policy = "always" if policy is None else policy
    retries = int(options.get("restart_retries") or 0)
    return f"{policy}:{retries}" if policy == "on-failure" and retries > 0 else f"{policy}"
