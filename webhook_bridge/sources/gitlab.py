# SPDX-License-Identifier: GPL-3.0-or-later
"""GitLab's webhooks: pipelines that did their work, and the notifications of its own registry.

Facts: gitlabhq/gitlabhq doc/user/project/integrations/webhooks.md @00c78fb8; the signing token:
gitlab-org/gitlab merge request 230944. GitLab sends no event for a push to its registry
(gitlab-org/gitlab#15385), and a pipeline's event names no image: the hook's table says which
repositories a project's pipelines push, and the registry is asked for the tracked tags of those.
Four refusals (4xx) in a row turn a webhook off for good: what is proven is always accepted.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from webhook_bridge.authentication import FixedHeader, Scheme, StandardWebhooks
from webhook_bridge.domain.inbound import InboundRequest, identifier
from webhook_bridge.domain.references import is_repository, shown
from webhook_bridge.sources.base import RegistryHost, Source
from webhook_bridge.sources.distribution import read_envelope
from webhook_bridge.sources.json_paths import at
from webhook_bridge.sources.pushes import NotAPush, Push, unexpected_shape
from webhook_bridge.strict_json import parse_object

# A pipeline whose last jobs wait for a person is `manual`: what built the image has ended well, or
# GitLab would call it failed. Whether a tag means something new is asked of the registry anyway.
_DONE = ("success", "manual")


def _repository(text: str) -> str:
    if not is_repository(text):
        raise ValueError(f"{shown(text)} is not a repository: write its path without the registry")
    return text


Repository = Annotated[str, AfterValidator(_repository)]


class GitLab(Source):
    """A project's or a group's webhook."""

    always_accepts: ClassVar[bool] = True

    source: Literal["gitlab"]
    registry: RegistryHost = "registry.gitlab.com"
    auth: Literal["token", "signature"] = "token"
    projects: dict[str, tuple[Repository, ...]] = Field(default_factory=dict)
    """Repositories that the pipelines of a project push, by the project's path."""

    @property
    def scheme(self) -> Scheme:
        """The webhook's "Secret token", or its "Signing token"."""
        return FixedHeader("X-Gitlab-Token") if self.auth == "token" else StandardWebhooks()

    def delivery_id(self, received: InboundRequest, /) -> str | None:
        """Return the id that stays the same when GitLab tries again."""
        return identifier(received.word("Idempotency-Key") or received.word("webhook-id"))

    def read(self, received: InboundRequest) -> list[Push | NotAPush]:
        """Return a look at the tracked tags of what a project's pipeline pushes."""
        payload = parse_object(received.body)
        kind = payload.get("object_kind")
        if kind is None and "events" in payload:
            return read_envelope(payload)
        if not isinstance(kind, str):
            return [unexpected_shape("The body has no 'object_kind'")]
        if kind != "pipeline":
            return [NotAPush("not_a_push", f"The event is {shown(kind)}, not a pipeline.")]
        status = at(payload, "object_attributes", "status")
        if status not in _DONE:
            return [NotAPush("not_a_push", f"The pipeline's status is {shown(status)}.")]
        return self._pushed_by(at(payload, "project", "path_with_namespace"))

    def _pushed_by(self, project: object) -> list[Push | NotAPush]:
        if not isinstance(project, str):
            return [unexpected_shape("The pipeline has no 'project.path_with_namespace'")]
        for known, repositories in self.projects.items():
            if known.lower() == project.lower():
                return [Push(repository, tag=None) for repository in dict.fromkeys(repositories)]
        return [
            NotAPush(
                "not_configured",
                f"The hook's table has no projects.{shown(project)}: "
                "name there the repositories that its pipelines push.",
            )
        ]
