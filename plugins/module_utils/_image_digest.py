# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module image_digest does on a host: resolve a tag to its digest."""

from __future__ import annotations

from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import (
    DockerError,
    DockerSocket,
)
from ansible_collections.longshore.containers.plugins.module_utils._host_survey import HostSurvey
from ansible_collections.longshore.containers.plugins.module_utils._pull import pull
from ansible_collections.longshore.containers.plugins.module_utils._registry_login import (
    Login,
    find_login,
    is_on_docker_hub,
)
from ansible_collections.longshore.containers.plugins.module_utils._registry_question import (
    RegistryError,
    ask_registry,
)

SILENCE_S = 60


def run(module) -> None:
    """Do what the arguments of `module` ask: an AnsibleModule, or a HostRun (`_host_run`)."""
    reference = f"{module.params['image']}:{module.params['tag']}"
    docker = DockerSocket(module.params["socket"])
    try:
        login = find_login(module, module.params["image"])
        digest = resolve(docker, module, login=login)
    except (RegistryError, DockerError, OSError) as exc:
        module.fail_json(msg=f"{reference} cannot be resolved to a digest: {exc}")
    module.exit_json(changed=False, digest=digest)


def resolve(docker: DockerSocket, module, *, login: Login) -> str:
    """Return the digest of `image:tag`; RegistryError where nobody tells it in time."""
    image, tag = module.params["image"], module.params["tag"]
    within = module.params["registry_timeout"]
    try:
        found = ask_registry(docker, f"{image}:{tag}", login=login, within=within)
    except RegistryError:
        mirrored = is_on_docker_hub(image) and HostSurvey(docker).has_mirrors()
        if not mirrored or module.check_mode:
            raise
        return pull(docker, image, tag, login=login, silence=SILENCE_S)
    return found["Descriptor"]["digest"]
