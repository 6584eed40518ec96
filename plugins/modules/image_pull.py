#!/usr/bin/python

# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pull an image by its digest, logging in for this pull alone."""

from __future__ import annotations

DOCUMENTATION = r"""
module: image_pull
short_description: Pull an image by digest with credentials that are not stored on the host
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Pulls through the host's Docker daemon and hands it the credentials with the request, so that
    there is no C(docker login), no configuration file and nothing to remove afterwards, not even
    when the pull is cut off.
extends_documentation_fragment:
  - longshore.containers.login
attributes:
  check_mode:
    description: Tells whether it would pull. The registry is not asked.
    support: full
  diff_mode:
    description: There is nothing to compare but present and absent.
    support: none
  idempotent:
    description: An image that the host has is not pulled again.
    support: full
options:
  image:
    description: Registry and repository, without tag.
    type: str
    required: true
  digest:
    description: The digest to pull.
    type: str
    required: true
  platform:
    description: The platform to pull, such as V(linux/arm64). The daemon's own by default.
    type: str
  silence:
    description: Seconds without a word from the daemon after which the pull is given up.
    type: int
    default: 300
  socket:
    description: Path of the Docker daemon's Unix socket.
    type: path
    default: /var/run/docker.sock
"""

EXAMPLES = r"""
- name: Bring a private image to the host
  longshore.containers.image_pull:
    image: ghcr.io/acme/shop
    digest: sha256:3b1f0a6f0f5d0a4e8d7c6b5a49382716f5e4d3c2b1a0918273645566778899aa
    login:
      username: acme-bot
      password: "{{ vault_ghcr_token }}"
"""

RETURN = r"""
refused:
  description: Whether the registry wants another login, so that trying again is of no use.
  returned: failure
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import (
    DockerError,
    DockerSocket,
)
from ansible_collections.longshore.containers.plugins.module_utils._engine import Engine
from ansible_collections.longshore.containers.plugins.module_utils._registry_login import (
    LOGIN_ARGUMENTS,
    is_refusal,
    login_headers,
)

ARGUMENTS = {
    **LOGIN_ARGUMENTS,
    "image": {"type": "str", "required": True},
    "digest": {"type": "str", "required": True},
    "platform": {"type": "str"},
    "silence": {"type": "int", "default": 300},
    "socket": {"type": "path", "default": "/var/run/docker.sock"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    docker = DockerSocket(module.params["socket"])
    reference = f"{module.params['image']}@{module.params['digest']}"
    try:
        missing = not Engine(docker).image(reference)
        if missing and not module.check_mode:
            pull(docker, module.params, headers=login_headers(module, module.params["image"]))
    except (DockerError, OSError) as exc:
        refused = isinstance(exc, DockerError) and is_refusal(exc)
        module.fail_json(msg=f"{reference} cannot be pulled: {exc}", refused=refused)
    module.exit_json(changed=missing)


def pull(docker: DockerSocket, params: dict, *, headers: dict[str, str]) -> None:
    """Pull `image@digest` to its end; DockerError with the daemon's words where it fails."""
    query = {"fromImage": params["image"], "tag": params["digest"]}
    if params["platform"]:
        query["platform"] = params["platform"]
    messages = docker.post_and_follow(
        "images", "create", query=query, headers=headers, timeout=params["silence"]
    )
    for message in messages:
        # The status was 200 before the first byte came: what fails later is told in the stream.
        if "error" in message:
            raise DockerError(message["error"])


if __name__ == "__main__":
    main()
