# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host has of that which a release needs: reads at its daemon, decides nothing."""

from __future__ import annotations

import json

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
from ansible_collections.longshore.containers.plugins.module_utils._host_listeners import (
    HostListeners,
)
from ansible_collections.longshore.containers.plugins.module_utils._host_needs import (
    asked_networks,
    mounted_paths,
    needed_networks,
    needed_volumes,
)
from ansible_collections.longshore.containers.plugins.module_utils._port_options import (
    ANY_ADDRESS,
    Port,
    needed_ports,
)
from ansible_collections.longshore.containers.plugins.module_utils._preflight import (
    Found,
    volume_warning,
)
from ansible_collections.longshore.containers.plugins.module_utils._registry_login import (
    is_on_docker_hub,
)
from ansible_collections.longshore.containers.plugins.module_utils._registry_question import (
    RegistryError,
    ask_registry,
)
from ansible_collections.longshore.containers.plugins.module_utils._start_check import (
    shares,
    start_problems,
)
from ansible_collections.longshore.containers.plugins.module_utils._start_facts import StartFacts
from ansible_collections.longshore.containers.plugins.module_utils._start_needs import (
    needs_of_options,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_plan import current_of
from ansible_collections.longshore.containers.plugins.module_utils._switch_ready import (
    gaps_of,
    return_refusal,
)


class HostSurvey:
    """Asks one daemon, and the kernel, as little as there is to know."""

    def __init__(self, docker):
        self._docker = docker

    def fresh_reads(self):
        """Return a context in which whatever is read is asked for anew."""
        return self._docker.fresh_reads()

    def look(self, app, image, options):
        """Return what is Found for an app's container with these options."""
        ports = needed_ports(options)
        return Found(
            architecture=self._docker.get("version").get("Arch", ""),
            free_bytes=free_bytes(self._docker),
            has_earlier_version=self._has_image_of(image),
            missing_volumes=self._missing("volumes", needed_volumes(options)),
            missing_networks=self._missing("networks", needed_networks(options)),
            networks_by_id=self._networks_by_id(options),
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

    def ours(self, container, *, app):
        """Return the container of this ID or name if it is one of ours of this app, or None."""
        found = Engine(self._docker).inspect(container) if container else None
        return found if found is not None and found.is_ours and found.app == app else None

    def is_whole(self, container, networks):
        """Whether a container is what it was made to be, so that no other is made in its place."""
        return not gaps_of(Engine(self._docker), container, networks)

    def start_problems(self, app, options, kept=None):
        """Return what would keep the app's next container from being started: that one, if kept."""
        engine = Engine(self._docker)
        own = [each.id for each in engine.survey(app)]
        if kept is not None:
            return engine.start_problems(kept, own)
        return start_problems(needs_of_options(options), StartFacts(self._docker, own))

    def return_problems(self, app, options, kept=None):
        """Return why the container that runs must not be stopped: it could not come back."""
        engine = Engine(self._docker)
        ours = engine.survey(app)
        current = current_of(ours)
        if current is None or not current.running:
            return []
        new = shares(needs_of_options(options)) if kept is None else engine.shares(kept)
        refusal = return_refusal(engine, current, [each.id for each in ours], new)
        return [refusal] if refusal else []

    def platforms_here(self, reference):
        """Return the platform of an image that the host has, as a list; none: empty."""
        image = self._get_or_none("images", reference, "json")
        if image is None:
            return []
        return [f"{image.get('Os', 'linux')}/{image.get('Architecture', '')}"]

    def platforms_at_registry(self, reference, *, login, within):
        """Return the image's platforms as the registry tells the daemon; none where none are known.

        `within` is the most seconds that it takes. Raises RegistryError where it does not tell.
        """
        try:
            answer = ask_registry(self._docker, reference, login=login, within=within)
        except RegistryError:
            if is_on_docker_hub(reference) and self.has_mirrors():
                return []
            raise
        platforms = answer.get("Platforms") or []
        found = ("/".join(_platform_words(each)) for each in platforms)
        return [each for each in found if each.strip("/") and "unknown" not in each]

    def has_mirrors(self):
        """Whether the daemon asks mirrors before Docker Hub.

        A question ends at the first that answers, be it that it has no such image; a pull goes on
        to the next (moby daemon/containerd and distribution/pull.go). So only a pull can tell.
        """
        return bool((self._docker.get("info").get("RegistryConfig") or {}).get("Mirrors"))

    def _has_image_of(self, image):
        query = {"filters": json.dumps({"reference": [image]})}
        return bool(self._docker.get("images", "json", query=query))

    def _networks_by_id(self, options):
        # docker_container takes an ID, or the beginning of one, for a name; by it a container is
        # not found to be in the network, and every host has another.
        names = [str(each.get("name") or "") for each in asked_networks(options)]
        found = [(name, self._get_or_none("networks", name) or {}) for name in names if name]
        return tuple((name, one["Name"]) for name, one in found if one.get("Name", name) != name)

    def _missing(self, kind, names):
        return tuple(name for name in names if self._get_or_none(kind, name) is None)

    def _holders(self, app):
        running = self._docker.get("containers", "json")
        published = [(port, each) for each in running for port in _published(each)]
        held = [(port, _name(each)) for port, each in published if not _is_of(each, app)]
        known = {port.number for port, _each in published}
        others = HostListeners(self._docker, running).others(lambda each: _is_of(each, app))
        return (*held, *((port, who) for port, who in others if port.number not in known))

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
