# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pulling an image through a daemon, to its end."""

from __future__ import annotations

import re
from http import HTTPStatus

from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import DockerError
from ansible_collections.longshore.containers.plugins.module_utils._registry_question import (
    patiently,
)

_DIGEST = "Digest: (sha256:[0-9a-f]{64})"


def pull(docker, image, tag, *, login, platform=None, silence):
    """Pull `image` by a tag or digest and return the digest that the daemon tells; '' for none.

    `silence` is how many seconds the daemon may say nothing. Raises RegistryError where it fails.
    """
    query = {"fromImage": image, "tag": tag}
    if platform:
        query["platform"] = platform
    return patiently(
        lambda: _pull_once(docker, query, headers=login.headers, silence=silence), login=login
    )


def _pull_once(docker, query, *, headers, silence):
    digest = ""
    messages = docker.post_and_follow(
        "images", "create", query=query, headers=headers, timeout=silence
    )
    for message in messages:
        # The status was 200 before the first byte came: what fails later is told in the stream.
        if "error" in message:
            raise DockerError(message["error"], HTTPStatus.INTERNAL_SERVER_ERROR)
        found = re.fullmatch(_DIGEST, message.get("status") or "")
        digest = found.group(1) if found else digest
    return digest
