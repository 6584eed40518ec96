# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module image_pull does on a host: pull an image by its digest."""

from __future__ import annotations

from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import (
    DockerError,
    DockerSocket,
)
from ansible_collections.longshore.containers.plugins.module_utils._engine import Engine
from ansible_collections.longshore.containers.plugins.module_utils._pull import pull
from ansible_collections.longshore.containers.plugins.module_utils._registry_login import (
    Login,
    find_login,
)
from ansible_collections.longshore.containers.plugins.module_utils._registry_question import (
    RegistryError,
    come_at_random,
)


def run(module) -> None:
    """Do what the arguments of `module` ask: an AnsibleModule, or a HostRun (`_host_run`)."""
    docker = DockerSocket(module.params["socket"])
    reference = f"{module.params['image']}@{module.params['digest']}"
    try:
        missing = not Engine(docker).image(reference)
        if missing and not module.check_mode:
            bring(docker, module.params, login=find_login(module, module.params["image"]))
    except RegistryError as exc:
        said = f"{reference} cannot be pulled: {exc}"
        module.fail_json(msg=said, refused=exc.final, registry=exc.cause)
    except (DockerError, OSError) as exc:
        module.fail_json(msg=f"{reference} cannot be pulled: {exc}", refused=False, registry="")
    module.exit_json(changed=missing)


def bring(docker: DockerSocket, params: dict, *, login: Login) -> None:
    """Pull `image@digest` to its end; RegistryError where it fails for good."""
    come_at_random(params["registry_spread"])
    pull(
        docker,
        params["image"],
        params["digest"],
        login=login,
        platform=params["platform"],
        silence=params["silence"],
    )
