# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of community.docker.docker_container that stage and switch themselves set.

Aliases count too. Of the options about the connection, timeout and debug stay the user's: they
choose no other daemon, and a slow disk may need more time to create.
"""

from __future__ import annotations

from collections.abc import Iterable

_BY_SOCKET = "the daemon is reached by its Unix socket; leave it out"
_BY_DIGEST = "the image is pulled by digest where it is missing; leave it out"
_NEW_FOR_IMAGE = "a change of image always makes a new container; leave it out"
_KEPT = "the old container is kept for going back; set docker_container_keep (keep)"

# Each with what to use instead.
GOVERNED = {
    "api_version": "it is agreed on with the daemon; leave it out",
    "auto_remove": _KEPT,
    "ca_cert": _BY_SOCKET,
    "ca_path": _BY_SOCKET,
    "cacert_path": _BY_SOCKET,
    "cert_path": _BY_SOCKET,
    "cleanup": _KEPT,
    "client_cert": _BY_SOCKET,
    "client_key": _BY_SOCKET,
    "comparisons": "a change of options always makes a new container; leave it out",
    "detach": "the container always runs in the background; leave it out",
    "docker_api_version": "it is agreed on with the daemon; leave it out",
    "docker_host": "set docker_container_socket",
    "docker_url": "set docker_container_socket",
    "force_kill": "set stop_signal or stop_timeout",
    "forcekill": "set stop_signal or stop_timeout",
    "healthy_wait_timeout": "set docker_container_health.timeout (health.timeout)",
    "ignore_image": _NEW_FOR_IMAGE,
    "image": "set docker_container_image (image) and docker_container_digest",
    "image_comparison": _NEW_FOR_IMAGE,
    "image_label_mismatch": "the image's labels are never an error; leave it out",
    "image_name_mismatch": _NEW_FOR_IMAGE,
    "keep_volumes": "volumes of containers that ran are never removed; leave it out",
    "key_path": _BY_SOCKET,
    "kill_signal": "set stop_signal",
    "name": "set docker_container_name (the key of the app)",
    "output_logs": "the last log lines of a container that fails are shown anyway; leave it out",
    "paused": "a paused container cannot get healthy; leave it out",
    "pull": _BY_DIGEST,
    "pull_check_mode_behavior": _BY_DIGEST,
    "recreate": "a new digest or other options make a new container; leave it out",
    "removal_wait_timeout": "nothing is removed while staging; leave it out",
    "restart": "deploy a new digest or change an option",
    "state": "the switch starts the container; leave it out",
    "tls": _BY_SOCKET,
    "tls_ca_cert": _BY_SOCKET,
    "tls_client_cert": _BY_SOCKET,
    "tls_client_key": _BY_SOCKET,
    "tls_hostname": _BY_SOCKET,
    "tls_verify": _BY_SOCKET,
    "use_ssh_client": _BY_SOCKET,
    "validate_certs": _BY_SOCKET,
}


def governed_problem(names: Iterable[str]) -> str:
    """Return which of these options cannot be set, and what to use instead, or an empty string."""
    found = sorted(set(GOVERNED).intersection(names))
    return "; ".join(f"{name} cannot be set here: {GOVERNED[name]}" for name in found)
