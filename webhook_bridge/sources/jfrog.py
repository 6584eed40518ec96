# SPDX-License-Identifier: GPL-3.0-or-later
"""JFrog Artifactory's and Container Registry's webhooks of the domain ``docker``.

Facts: jfrog.com "Webhooks" (event types and payloads); jfrog/terraform-provider-platform
``use_secret_for_signing``: the header has the secret itself, or with that switch the HMAC of the
body. ``path`` is where the manifest is kept, ``IMAGE/TAG/manifest.json``, with the file name
``list.manifest.json`` for several platforms. ``image_name`` is only the last part of IMAGE in
recorded events (akuity/kargo#4498, #4899) and all of it in JFrog's own sample, so it confirms the
path and never replaces it. jfrog.com "Docker Repository URL Formats": images are pulled by
repository key and path, or where each repository has a host name or a port of its own, by path
alone; a virtual repository has a name of its own. The hook's table may say which.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field

from webhook_bridge.authentication import FixedHeader, HmacSignature, Scheme
from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.domain.references import shown
from webhook_bridge.sources.base import RegistryHost, Source
from webhook_bridge.sources.pushes import NotAPush, Push, contradiction, push_of, unexpected_shape
from webhook_bridge.strict_json import parse_object

_HEADER = "X-JFrog-Event-Auth"
_EVENTS = frozenset({"pushed", "promoted"})
_MANIFEST = re.compile(r"(?P<image>.+)/(?P<tag>[^/]+)/(?:list\.)?manifest\.json")
_BY_DIGEST = re.compile(r"sha256(?::|__)[0-9a-f]{64}")


class JFrog(Source):
    """Events of the repositories that the webhook selects."""

    source: Literal["jfrog"]
    registry: RegistryHost
    auth: Literal["token", "hmac"] = "token"
    repositories: dict[str, str] = Field(default_factory=dict)
    """What stands before an image's name when it is pulled, by repository key; may be empty."""
    registries: dict[str, RegistryHost] = Field(default_factory=dict)
    """The host name or port of a repository that has its own, by repository key."""

    @property
    def scheme(self) -> Scheme:
        """What the switch "use secret for payload signing" says."""
        return FixedHeader(_HEADER) if self.auth == "token" else HmacSignature(_HEADER)

    def read(self, received: InboundRequest) -> list[Push | NotAPush]:
        """Return the push of the event."""
        payload = parse_object(received.body)
        domain, event, data = (payload.get(key) for key in ("domain", "event_type", "data"))
        if not isinstance(data, dict):
            return [unexpected_shape("The body has no object 'data'")]
        if domain != "docker":
            return [NotAPush("not_an_image", f"The event is of the domain {shown(domain)}.")]
        if not isinstance(event, str) or event not in _EVENTS:
            return [NotAPush("not_a_push", f"The event is {shown(event)}, not 'pushed'.")]
        return [self._read_push(data)]

    def _read_push(self, data: dict[str, object]) -> Push | NotAPush:
        key, path = data.get("repo_key"), data.get("path")
        if not isinstance(key, str) or not isinstance(path, str):
            return unexpected_shape("The event has no 'repo_key' and 'path'")
        if not key or "/" in key:  # else what follows a key could pass for another repository's
            return NotAPush("invalid_reference", f"{shown(key)} is not a repository's key.")
        manifest = _MANIFEST.fullmatch(path)
        if manifest is None:
            return NotAPush("not_an_image", f"{shown(path)} is not the manifest of a tag.")
        image, tag, sha256 = manifest["image"], manifest["tag"], data.get("sha256")
        return _disagreement(data, image, tag) or push_of(
            repository=self._repository(key, image),
            tag=None if _BY_DIGEST.fullmatch(tag) else tag,
            digest=f"sha256:{sha256}" if isinstance(sha256, str) else None,
            registry=self.registries.get(key),
        )

    def _repository(self, key: str, image: str) -> str:
        prefix = self.repositories.get(key, "" if key in self.registries else key)
        return f"{prefix}/{image}" if prefix else image


def _disagreement(data: dict[str, object], image: str, tag: str) -> NotAPush | None:
    """Return the reason where the fields beside the path say something else."""
    name, named_tag = data.get("image_name"), data.get("tag")
    if name not in (None, "") and not f"/{image}".endswith(f"/{name}"):
        return contradiction("images", image, name)
    if named_tag not in (None, "") and _with_colon(named_tag) != _with_colon(tag):
        return contradiction("tags", tag, named_tag)
    return None


def _with_colon(tag: object) -> object:
    """Return a tag; a digest in its place is written with a colon or, in paths, with ``__``."""
    is_digest = isinstance(tag, str) and _BY_DIGEST.fullmatch(tag)
    return f"sha256:{str(tag)[-64:]}" if is_digest else tag
