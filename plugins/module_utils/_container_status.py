# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module container_status does on a host: tell which of our containers there are."""

from __future__ import annotations

from ansible_collections.longshore.containers.plugins.module_utils._container import (
    health_word,
    state_word,
)
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import (
    DockerError,
    DockerSocket,
)
from ansible_collections.longshore.containers.plugins.module_utils._engine import Engine
from ansible_collections.longshore.containers.plugins.module_utils._env_file import fingerprint


def run(module) -> None:
    """Do what the arguments of `module` ask: an AnsibleModule, or a HostRun (`_host_run`)."""
    engine = Engine(DockerSocket(module.params["socket"]))
    try:
        found = engine.survey(module.params["app"])
        rows = [describe(each, engine.image(each.image_id)) for each in ordered(found)]
        architecture, daemon = engine.architecture(), engine.identity()
    except (DockerError, OSError) as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(
        changed=False,
        containers=rows,
        architecture=architecture,
        daemon=daemon,
        env_file=content_of(module.params["env_file"]),
    )


def content_of(env_file):
    """Return digits that tell a content from any other; empty where the file cannot be read."""
    try:
        return fingerprint(env_file)
    except OSError:
        return ""


def ordered(containers):
    """Sort by app, and within an app by the last start, newest first."""
    newest_first = sorted(containers, key=lambda each: each.last_start, reverse=True)
    return sorted(newest_first, key=lambda each: each.app)


def describe(container, image):
    """Build one row; the digest counts only if the image itself bears it."""
    borne = {each.rpartition("@")[2] for each in image.get("RepoDigests") or []}
    return {
        "app": container.app,
        "name": container.name,
        "id": container.id,
        "digest": container.digest if container.digest in borne else "",
        "made_from": container.digest,
        "state": state_word(container),
        "health": health_word(container),
        "created_at": container.created_at,
        "started_at": container.started_at if container.was_started else "",
        "released_at": container.released_at,
        "replaces": container.replaces,
        "options": container.options if container.running else "",
    }
