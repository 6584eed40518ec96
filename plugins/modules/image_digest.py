#!/usr/bin/python

# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resolve a tag to the digest that it stands for now."""

from __future__ import annotations

DOCUMENTATION = r"""
module: image_digest
short_description: Resolve an image's tag to its digest through a host's Docker daemon
version_added: 1.0.0
author: The Longshore developers (@longshore)
description:
  - Asks the registry, through the daemon of a host, which digest a tag stands for.
  - Nothing is pulled, unless the image is on Docker Hub and the daemon asks mirrors first, of which
    none has it. Only a pull goes on to the next registry then, so the tag is pulled; not in check
    mode.
extends_documentation_fragment:
  - longshore.containers.login
attributes:
  check_mode:
    description: Reads only.
    support: full
  diff_mode:
    description: Reads only.
    support: none
  idempotent:
    description: Reads only.
    support: full
options:
  image:
    description: Registry and repository, without tag.
    type: str
    required: true
  tag:
    description: The tag.
    type: str
    default: latest
  registry_timeout:
    description: Seconds in which the registry must have answered.
    type: int
    default: 20
  socket:
    description: Path of the Docker daemon's Unix socket.
    type: path
    default: /var/run/docker.sock
"""

EXAMPLES = r"""
- name: Resolve the tag once for all hosts
  longshore.containers.image_digest:
    image: docker.io/acme/shop
    tag: latest
  run_once: true
  register: release
"""

RETURN = r"""
digest:
  description: The digest.
  returned: success
  type: str
  sample: sha256:3b1f0a6f0f5d0a4e8d7c6b5a49382716f5e4d3c2b1a0918273645566778899aa
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import (
    DockerError,
    DockerSocket,
)
from ansible_collections.longshore.containers.plugins.module_utils._host_survey import HostSurvey
from ansible_collections.longshore.containers.plugins.module_utils._pull import pull
from ansible_collections.longshore.containers.plugins.module_utils._registry_login import (
    LOGIN_ARGUMENTS,
    Login,
    find_login,
    is_on_docker_hub,
)
from ansible_collections.longshore.containers.plugins.module_utils._registry_question import (
    RegistryError,
    ask_registry,
)

SILENCE_S = 60
ARGUMENTS = {
    **LOGIN_ARGUMENTS,
    "image": {"type": "str", "required": True},
    "tag": {"type": "str", "default": "latest"},
    "registry_timeout": {"type": "int", "default": 20},
    "socket": {"type": "path", "default": "/var/run/docker.sock"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    reference = f"{module.params['image']}:{module.params['tag']}"
    docker = DockerSocket(module.params["socket"])
    try:
        login = find_login(module, module.params["image"])
        digest = resolve(docker, module, login=login)
    except (RegistryError, DockerError, OSError) as exc:
        module.fail_json(msg=f"{reference} cannot be resolved to a digest: {exc}")
    module.exit_json(changed=False, digest=digest)


def resolve(docker: DockerSocket, module: AnsibleModule, *, login: Login) -> str:
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


if __name__ == "__main__":
    main()
