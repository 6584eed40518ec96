# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host has of that which a release needs: reads at its daemon, decides nothing."""

from __future__ import annotations

import json
import time

from ansible_collections.longshore.containers.plugins.module_utils._container import (
    LABEL_APP,
    is_ours,
)
from ansible_collections.longshore.containers.plugins.module_utils._disk_room import free_bytes
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import DockerError
from ansible_collections.longshore.containers.plugins.module_utils._engine import (
    NOT_FOUND,
    Engine,
    own_name,
)
from ansible_collections.longshore.containers.plugins.module_utils._host_needs import (
    mounted_paths,
    needed_networks,
    needed_volumes,
)
from ansible_collections.longshore.containers.plugins.module_utils._listening import listening_ports
from ansible_collections.longshore.containers.plugins.module_utils._port_options import (
    ANY_ADDRESS,
    Port,
    needed_ports,
)
from ansible_collections.longshore.containers.plugins.module_utils._preflight import (
    Found,
    volume_warning,
)
from ansible_collections.longshore.containers.plugins.module_utils._registry_advice import (
    is_missing,
    registry_advice,
)
from ansible_collections.longshore.containers.plugins.module_utils._registry_login import (
    is_refusal,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_plan import current_of

# A registry that is restarted, or has too much to do, gets as many tries as a pull has.
REGISTRY_TRIES = 3
REGISTRY_PAUSE_S = 1.0


class RegistryError(Exception):
    """The registry does not let this host have the image; says what to do."""


class HostSurvey:
    """Asks one daemon, and the kernel, as little as there is to know."""

    def __init__(self, docker):
        self._docker = docker

    def look(self, app, image, options):
        """Return what is Found for an app's container with these options."""
        ports = needed_ports(options)
        return Found(
            architecture=self._docker.get("version").get("Arch", ""),
            free_bytes=free_bytes(self._docker),
            has_earlier_version=self._has_image_of(image),
            missing_volumes=self._missing("volumes", needed_volumes(options)),
            missing_networks=self._missing("networks", needed_networks(options)),
            holders=self._holders(app) if ports else (),
        )

    def replaced_by(self, digest, *, app):
        """Return the digest of this app that runs, or ran last, before `digest`; none: empty.

        Where that is the same digest, as after a change of options, it is what that replaced.
        """
        current = current_of(Engine(self._docker).survey(app))
        if current is None:
            return ""
        return current.replaces if current.digest == digest else current.digest

    def volumes_left(self, app, options):
        """Return a sentence for each place whose data only the app's present container has."""
        current = current_of(Engine(self._docker).survey(app))
        given = mounted_paths(options)
        left = current.anonymous_volumes if current else ()
        return [volume_warning(current.name, path) for path in left if path not in given]

    def keeps(self, container, *, app):
        """Whether the container with this ID is there, and one of ours of this app."""
        found = container and Engine(self._docker).inspect(container)
        return bool(found) and found.is_ours and found.app == app

    def platforms_here(self, reference):
        """Return the platform of an image that the host has, as a list; none: empty."""
        image = self._get_or_none("images", reference, "json")
        if image is None:
            return []
        return [f"{image.get('Os', 'linux')}/{image.get('Architecture', '')}"]

    def platforms_at_registry(self, reference, *, headers):
        """Return the image's platforms as the registry tells the daemon.

        Raises RegistryError where it does not.
        """
        answer = self._ask_registry(reference, headers)
        platforms = answer.get("Platforms") or []
        found = ("/".join(_platform_words(each)) for each in platforms)
        return [each for each in found if each.strip("/") and "unknown" not in each]

    def _ask_registry(self, reference, headers):
        for left in reversed(range(REGISTRY_TRIES)):
            try:
                return self._docker.get("distribution", reference, "json", headers=headers)
            except DockerError as exc:
                if not left or not exc.status or is_refusal(exc) or is_missing(exc):
                    said = f"{reference} cannot be had from the registry: {exc}"
                    raise RegistryError(f"{said}; {registry_advice(exc)}") from exc
                time.sleep(REGISTRY_PAUSE_S)
        return {}

    def _has_image_of(self, image):
        query = {"filters": json.dumps({"reference": [image]})}
        return bool(self._docker.get("images", "json", query=query))

    def _missing(self, kind, names):
        return tuple(name for name in names if self._get_or_none(kind, name) is None)

    def _holders(self, app):
        running = self._docker.get("containers", "json")
        published = [(port, each) for each in running for port in _published(each)]
        held = [(port, _name(each)) for port, each in published if not _is_of(each, app)]
        known = {port.number for port, _each in published}
        others = (each for each in listening_ports() if each.number not in known)
        return (*held, *((each, "a process outside containers") for each in others))

    def _get_or_none(self, *segments):
        try:
            return self._docker.get(*segments)
        except DockerError as exc:
            if exc.status == NOT_FOUND:
                return None
            raise


def _is_of(listed, app):
    labels = listed.get("Labels") or {}
    return labels.get(LABEL_APP) == app and is_ours(own_name(listed), labels)


def _name(listed):
    return f"the container {own_name(listed)}"


def _published(listed):
    for each in listed.get("Ports") or []:
        if each.get("PublicPort"):
            address = each.get("IP") or ""
            shown = "" if address in ANY_ADDRESS else address
            yield Port(shown, each["PublicPort"], each.get("Type") or "tcp")


def _platform_words(platform):
    words = (platform.get("os"), platform.get("architecture"), platform.get("variant"))
    return [word for word in words if word]
