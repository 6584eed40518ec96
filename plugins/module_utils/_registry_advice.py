# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do when a registry, asked through a daemon, says no."""

from __future__ import annotations

import re

from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import DockerError
from ansible_collections.longshore.containers.plugins.module_utils._engine import NOT_FOUND
from ansible_collections.longshore.containers.plugins.module_utils._registry_login import is_refusal

# Not just "unknown": a certificate may be signed by an unknown authority.
MISSING = re.compile("(manifest|name|blob) unknown|not known to registry")


def is_missing(error):
    """Whether the registry says that it has no such image."""
    return bool(MISSING.search(str(error))) or getattr(error, "status", 0) == NOT_FOUND


def registry_advice(error):
    """Return what to do about a DockerError or OSError from asking a registry."""
    if is_missing(error):
        return "the registry has no such image: push it, or correct image and track of the app"
    if isinstance(error, DockerError) and is_refusal(error):
        return (
            "the registry refuses: correct username and password in docker_container_registry, or "
            "log in on this host (community.docker.docker_login)"
        )
    if getattr(error, "status", 0):
        return "see whether this host reaches the registry and trusts its certificate"
    return "see to the Docker daemon of this host"
