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
  - Asks the registry, through the daemon of a host, which digest a tag stands for. Nothing is
    pulled.
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
from ansible_collections.longshore.containers.plugins.module_utils._registry_advice import (
    registry_advice,
)
from ansible_collections.longshore.containers.plugins.module_utils._registry_login import (
    LOGIN_ARGUMENTS,
    login_headers,
)

ARGUMENTS = {
    **LOGIN_ARGUMENTS,
    "image": {"type": "str", "required": True},
    "tag": {"type": "str", "default": "latest"},
    "socket": {"type": "path", "default": "/var/run/docker.sock"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    reference = f"{module.params['image']}:{module.params['tag']}"
    docker = DockerSocket(module.params["socket"])
    try:
        digest = resolve(docker, reference, headers=login_headers(module, module.params["image"]))
    except (DockerError, OSError) as exc:
        module.fail_json(msg=explain(reference, exc))
    module.exit_json(changed=False, digest=digest)


def resolve(docker: DockerSocket, reference: str, *, headers: dict[str, str]) -> str:
    """Return the digest of `repository:tag`; `headers` are those of login_headers."""
    found = docker.get("distribution", reference, "json", headers=headers)
    return found["Descriptor"]["digest"]


def explain(reference: str, error: Exception) -> str:
    """Turn the daemon's words into what happened and what to do."""
    said, advice = str(error), registry_advice(error)
    return f"{reference} cannot be resolved to a digest: {said}; {advice}"


if __name__ == "__main__":
    main()
