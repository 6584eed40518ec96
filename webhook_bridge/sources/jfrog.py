# SPDX-License-Identifier: GPL-3.0-or-later
"""JFrog Artifactory's and Container Registry's webhooks of the domain ``docker``.

Facts: jfrog.com "Webhooks" (event types and payloads); jfrog/terraform-provider-platform
``use_secret_for_signing``: the header has the secret itself, or with that switch the HMAC of the
body. Images are pulled by repository key and path, or by a name of their own for a virtual
repository: the hook's table may say which.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field

from webhook_bridge.authentication import FixedHeader, HmacSignature, Scheme
from webhook_bridge.received import Received
from webhook_bridge.references import shown
from webhook_bridge.sources.base import RegistryHost, Source
from webhook_bridge.sources.claims import NotAPush, Push, push_of, unexpected_shape
from webhook_bridge.strict_json import parse_object

_HEADER = "X-JFrog-Event-Auth"
_EVENTS = frozenset({"pushed", "promoted"})
_BY_DIGEST = re.compile(r"sha256(?::|__)[0-9a-f]{64}")


class JFrog(Source):
    """Events of the repositories that the webhook selects."""

    source: Literal["jfrog"]
    registry: RegistryHost
    auth: Literal["token", "hmac"] = "token"
    repositories: dict[str, str] = Field(default_factory=dict)
    """What stands before an image's name when it is pulled, by repository key; may be empty."""

    @property
    def scheme(self) -> Scheme:
        """What the switch "use secret for payload signing" says."""
        return FixedHeader(_HEADER) if self.auth == "token" else HmacSignature(_HEADER)

    def read(self, received: Received) -> list[Push | NotAPush]:
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
        tag, sha256 = data.get("tag"), data.get("sha256")
        untagged = isinstance(tag, str) and _BY_DIGEST.fullmatch(tag)
        return push_of(
            repository=self._repository(data.get("repo_key"), _image_name(data)),
            tag=None if untagged else tag,
            digest=f"sha256:{sha256}" if isinstance(sha256, str) else None,
        )

    def _repository(self, key: object, name: object) -> str | None:
        if not isinstance(key, str) or not isinstance(name, str):
            return None
        prefix = self.repositories.get(key, key)
        return f"{prefix}/{name}" if prefix else name


def _image_name(data: dict[str, object]) -> object:
    """Return the image's name, or its path without tag and file name."""
    name, path = data.get("image_name"), data.get("path")
    if name is None and isinstance(path, str):
        return path.rpartition("/")[0].rpartition("/")[0]
    return name
