# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker Hub's webhooks: a repository and a tag, without signature, digest or delivery id.

Facts: docker/docs content/manuals/docker-hub/repos/manage/webhooks.md (2026): name and URL are
all that can be set, so the secret is part of the URL. ``callback_url`` "is a legacy field and is
no longer supported" there, and is never called: the body proves nothing.
A push of one tag for five platforms is delivered six times (docker/hub-feedback#2148).
"""

from __future__ import annotations

from typing import Literal

from webhook_bridge.authentication import PathSecret, Scheme
from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.domain.references import official_in_full, shown
from webhook_bridge.sources.artifacts import artifact
from webhook_bridge.sources.base import Source
from webhook_bridge.sources.json_paths import joined
from webhook_bridge.sources.pushes import NotAPush, Push, push_of, unexpected_shape
from webhook_bridge.strict_json import parse_object

_OLD_OFFICIAL_PREFIX = "_/"


class DockerHub(Source):
    """A push to a repository of Docker Hub."""

    source: Literal["dockerhub"]
    registry: Literal["docker.io"] = "docker.io"

    @property
    def scheme(self) -> Scheme:
        """The URL is all that can be set."""
        return PathSecret()

    def read(self, received: InboundRequest) -> list[Push | NotAPush]:
        """Return the one push of the body. Times, counts and ``images`` are not looked at."""
        payload = parse_object(received.body)
        repository, push_data = payload.get("repository"), payload.get("push_data")
        if not isinstance(repository, dict):
            return [unexpected_shape("The body has no object 'repository'")]
        if not isinstance(push_data, dict):
            return [unexpected_shape("The body has no object 'push_data'")]
        return [_read_push(repository, push_data)]


def _read_push(repository: dict[str, object], push_data: dict[str, object]) -> Push | NotAPush:
    name = _full_name(repository)
    kind = artifact(push_data.get("media_type"))  # undocumented; read by akuity/kargo
    if kind:
        return NotAPush("not_an_image", f"{kind} was pushed to {shown(name)}.")
    return push_of(repository=name, tag=push_data.get("tag"))


def _full_name(repository: dict[str, object]) -> object:
    """Return namespace and name; ``_/nginx`` and ``nginx`` are old ways to say an official one."""
    name = repository.get("repo_name")
    if name is None:
        name = joined(repository.get("namespace"), repository.get("name"))
    return (
        official_in_full(name.removeprefix(_OLD_OFFICIAL_PREFIX)) if isinstance(name, str) else name
    )
