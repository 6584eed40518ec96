# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done with containers at one daemon: one method per verb, no decisions."""

from __future__ import annotations

import json

from ansible_collections.longshore.containers.plugins.module_utils._container import (
    LABEL_APP,
    from_inspect,
    is_ours,
    policy_body,
)
from ansible_collections.longshore.containers.plugins.module_utils._container_log import (
    LINES,
    last_lines,
)
from ansible_collections.longshore.containers.plugins.module_utils._disk_room import free_bytes
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import (
    REQUEST_TIMEOUT_S,
    DockerError,
)
from ansible_collections.longshore.containers.plugins.module_utils._env_secrets import secrets_of
from ansible_collections.longshore.containers.plugins.module_utils._start_check import (
    networks_made_anew,
    partners_gone,
    shares,
    shares_lost,
    start_problems,
)
from ansible_collections.longshore.containers.plugins.module_utils._start_facts import StartFacts
from ansible_collections.longshore.containers.plugins.module_utils._start_needs import (
    needs_of_container,
)

NOT_FOUND = 404
START_TIMEOUT_S = 120.0


class Engine:
    """Containers and images of one daemon, reached through a DockerSocket."""

    def __init__(self, docker):
        self._docker = docker

    def survey(self, app=None):
        """Return every container of ours, of one app or of all."""
        found = (self.inspect(each["Id"]) for each in self._labelled(app))
        return tuple(each for each in found if each is not None and each.is_ours)

    def strangers(self, app):
        """Return the names of containers that bear the label of this app and are not ours."""
        names = ((own_name(each), each["Labels"]) for each in self._labelled(app))
        return tuple(sorted(name for name, labels in names if not is_ours(name, labels)))

    def inspect(self, name):
        """Return one container by name or ID, or None."""
        found = self._get_or_none("containers", name, "json")
        return None if found is None else from_inspect(found)

    def image(self, name):
        """Return the inspect answer of an image, or an empty dict."""
        return self._get_or_none("images", name, "json") or {}

    def architecture(self):
        """Return the daemon's processor as images name it, e.g. `amd64`."""
        return self._docker.get("version").get("Arch", "")

    def free_bytes(self):
        """Return the room where the daemon keeps containers, or None where it cannot be seen."""
        return free_bytes(self._docker)

    def identity(self):
        """Return the daemon's own ID, by which two names of one host can be told to be one."""
        return self._docker.get("info").get("ID", "")

    def secrets(self, container):
        """Return what of a container's environment must not be shown (see env_secrets)."""
        found = self._get_or_none("containers", container.id, "json")
        own = ((found or {}).get("Config") or {}).get("Env") or []
        public = (self.image(container.image_id).get("Config") or {}).get("Env") or []
        return secrets_of(own, public)

    def start_problems(self, container, own=()):
        """Return what would keep a container from being started, a sentence for each thing.

        `own` are the IDs of containers that will have been stopped by then.
        """
        found = self._get_or_none("containers", container.id, "json") or {}
        return start_problems(needs_of_container(found), StartFacts(self._docker, own))

    def gone_for_good(self, container):
        """Return a sentence for each container and network that this one looks for in vain.

        What there is of the same name by now is another one: only a container that is made anew
        gets that.
        """
        needs = needs_of_container(self._get_or_none("containers", container.id, "json") or {})
        facts = StartFacts(self._docker)
        return [*partners_gone(needs, facts), *networks_made_anew(needs, facts)]

    def shares(self, container):
        """Return the options by which a container shares a namespace of another one."""
        found = self._get_or_none("containers", container.id, "json") or {}
        return shares(needs_of_container(found))

    def shares_lost(self, container):
        """Return those of `shares` of which the other container is gone."""
        found = self._get_or_none("containers", container.id, "json") or {}
        return shares_lost(needs_of_container(found), StartFacts(self._docker))

    def cached_reads(self):
        """Return a context in which nothing is read twice until something is changed."""
        return self._docker.cached_reads()

    def fresh_reads(self):
        """Return a context in which whatever is read is asked for anew."""
        return self._docker.fresh_reads()

    def watch(self):
        """Return a context that tells whether the daemon went away within it: a DaemonWatch."""
        return self._docker.watch()

    def stop(self, container, timeout=None):
        """Stop with the container's own signal, waiting its own time or `timeout` seconds."""
        seconds = container.stop_timeout if timeout is None else timeout
        query = None if timeout is None else {"t": str(timeout)}
        limit = seconds + REQUEST_TIMEOUT_S
        self._docker.post("containers", container.id, "stop", query=query, timeout=limit)

    def start(self, container):
        """Start; a container that runs already stays as it is."""
        self._docker.post("containers", container.id, "start", timeout=START_TIMEOUT_S)

    def rename(self, container, name):
        """Give a container another name."""
        self._docker.post("containers", container.id, "rename", query={"name": name})

    def set_policy(self, container, policy):
        """Change when the daemon starts a container by itself, e.g. `always` or `no`."""
        body = {"RestartPolicy": policy_body(policy)}
        self._docker.post("containers", container.id, "update", body=body)

    def remove(self, container, *, volumes):
        """Remove a container, with its anonymous volumes if `volumes`; gone already is fine."""
        query = {"force": "1", "v": "1" if volumes else "0"}
        try:
            self._docker.delete("containers", container.id, query=query)
        except DockerError as exc:
            if exc.status != NOT_FOUND:
                raise

    def remove_image(self, name):
        """Forget an image by `repository@digest`, unless something still uses it."""
        try:
            self._docker.delete("images", name)
        except DockerError as exc:
            if exc.status not in (NOT_FOUND, 409):
                raise

    def log(self, container):
        """Return the container's last lines, or one line that says why there are none."""
        query = {"stdout": "1", "stderr": "1", "tail": str(LINES)}
        try:
            stream = self._docker.get_bytes("containers", container.id, "logs", query=query)
            secrets = self.secrets(container)
        except DockerError as exc:
            return [f"(its log cannot be read: {exc})"]
        return last_lines(stream, tty=container.tty, secrets=secrets)

    def _labelled(self, app):
        label = LABEL_APP if app is None else f"{LABEL_APP}={app}"
        query = {"all": "1", "filters": json.dumps({"label": [label]})}
        return self._docker.get("containers", "json", query=query)

    def _get_or_none(self, *segments):
        try:
            return self._docker.get(*segments)
        except DockerError as exc:
            if exc.status == NOT_FOUND:
                return None
            raise


def own_name(listed):
    """Return the name of a container as the daemon lists it."""
    # A container that others link to (--link) is listed with their names for it too: /other/alias.
    names = (name.lstrip("/") for name in listed["Names"])
    return next((name for name in names if "/" not in name), listed["Id"][:12])
