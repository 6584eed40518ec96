# SPDX-License-Identifier: GPL-3.0-or-later
"""Google Artifact Registry (and Container Registry) through a subscription of Pub/Sub.

Facts: cloud.google.com "Configure notifications" of Artifact Registry (the topic is named ``gcr``)
and "Authenticate push subscriptions". Anything but a 2xx is delivered again for days, so what is
proven is always accepted. ``tag`` and ``digest`` are whole references to one image, and either may
have tag and digest. The parts of an image for several platforms have a digest and no tag.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from webhook_bridge.authentication import Scheme
from webhook_bridge.authentication.oidc import OidcToken
from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.domain.references import shown
from webhook_bridge.sources.base import Source
from webhook_bridge.sources.full_reference import joined_references, push_in, split_reference
from webhook_bridge.sources.json_paths import at, id_at, object_or_nothing
from webhook_bridge.sources.oidc_settings import Audience, Url
from webhook_bridge.sources.pushes import NotAPush, Push, unexpected_shape
from webhook_bridge.strict_json import parse_object

_ISSUERS = ("https://accounts.google.com", "accounts.google.com")
_Email = Annotated[str, Field(pattern=r"^[A-Za-z0-9._+-]{1,128}@[A-Za-z0-9.-]{1,128}$")]


class GoogleArtifactRegistry(Source):
    """A push subscription with an OIDC token of one service account, or a queue that is pulled."""

    always_accepts: ClassVar[bool] = True

    source: Literal["google"]
    audience: Audience | None = Field(default=None, validate_default=True)
    service_account: _Email | None = Field(default=None, validate_default=True)
    keys_url: Url = "https://www.googleapis.com/oauth2/v3/certs"

    @field_validator("audience", "service_account")
    @classmethod
    def _needed_for_a_push(cls, value: str | None, info: ValidationInfo) -> str | None:
        """Pub/Sub proves itself with these where it calls; what is pulled needs neither."""
        queue = info.data.get("queue")
        if value is None and (queue is None or queue.http):
            raise ValueError("is required")
        return value

    @property
    def scheme(self) -> Scheme:
        """Issuer, audience and the account: any customer of Google can get a token for us."""
        pinned = (("email", (self.service_account or "",)), ("email_verified", ("true",)))
        return OidcToken(_ISSUERS, self.audience or "", self.keys_url, pinned)

    def delivery_id(self, received: InboundRequest, /) -> str | None:
        """Return the message's id, which a repeat has too."""
        return id_at(received, "message", "messageId") or id_at(received, "message", "message_id")

    def read(self, received: InboundRequest) -> list[Push | NotAPush]:
        """Return the push of the event, wrapped in a message or not."""
        payload = parse_object(received.body)
        event = _unwrapped(payload.get("message")) if "message" in payload else payload
        action = event.get("action")
        if not isinstance(action, str):
            return [unexpected_shape("The message's data has no 'action'")]
        if action != "INSERT":
            return [NotAPush("not_a_push", f"The action is {shown(action)}, not 'INSERT'.")]
        return [self._read_insert(event.get("tag"), event.get("digest"))]

    def _read_insert(self, tag: object, digest: object) -> Push | NotAPush:
        references = [
            split_reference(text) for text in (tag, digest) if isinstance(text, str) and text
        ]
        if not references:
            return unexpected_shape("The event names no 'tag' and no 'digest'")
        named = joined_references(references)
        if isinstance(named, NotAPush):
            return named
        return push_in(named, tag=None, digest=None, configured=self.registry)


def _unwrapped(message: object) -> dict[str, object]:
    data = at(message, "data")
    try:
        decoded = base64.b64decode(data, validate=True) if isinstance(data, str) else b""
    except (binascii.Error, ValueError):
        return {}
    return object_or_nothing(decoded)
