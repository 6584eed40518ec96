# SPDX-License-Identifier: GPL-3.0-or-later
"""Longshore's own small JSON, for CI jobs and for senders that let one write the body.

    {"image": "ghcr.io/acme/web", "tag": "1.4.0", "digest": "sha256:…"}

Facts: ours; ``tags`` may list several, and without any the tracked ones are looked at. A tag that
``image`` has, or that stands in ``tag`` beside ``tags``, has to be one of them. Signatures:
``X-Hub-Signature-256`` as GitHub documents it, standard-webhooks/standard-webhooks, and the OIDC
tokens of GitHub Actions and GitLab.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from webhook_bridge.authentication import HmacSignature, Scheme, StandardWebhooks
from webhook_bridge.domain.inbound import InboundRequest, identifier
from webhook_bridge.sources.full_reference import FullReference, push_in, split_reference
from webhook_bridge.sources.oidc_settings import OidcTable
from webhook_bridge.sources.pushes import NotAPush, Push, contradiction, unexpected_shape
from webhook_bridge.sources.static_header import HeaderChoice, needed
from webhook_bridge.strict_json import parse_object


class Generic(HeaderChoice):
    """A caller that says what was pushed, after it was pushed."""

    source: Literal["generic"]
    auth: Literal["bearer", "basic", "header", "hmac", "standard-webhooks", "oidc"] = "bearer"
    oidc: OidcTable | None = Field(default=None, validate_default=True)

    @field_validator("oidc")
    @classmethod
    def _oidc_fits(cls, value: OidcTable | None, info: ValidationInfo) -> OidcTable | None:
        return needed(value, wanted=info.data.get("auth") == "oidc", by='auth = "oidc"')

    @property
    def scheme(self) -> Scheme:
        """A bearer token, unless the hook says otherwise."""
        if self.oidc is not None:
            return self.oidc.scheme
        if self.auth == "hmac":
            return HmacSignature("X-Hub-Signature-256", "sha256=")
        return StandardWebhooks() if self.auth == "standard-webhooks" else super().scheme

    def delivery_id(self, received: InboundRequest, /) -> str | None:
        """Return the id that the caller gave, the same for each try."""
        return identifier(received.word("Idempotency-Key") or received.word("webhook-id"))

    def read(self, received: InboundRequest) -> list[Push | NotAPush]:
        """Return a push for each tag."""
        payload = parse_object(received.body)
        image = payload.get("image")
        if not isinstance(image, str):
            return [unexpected_shape("The body has no text 'image'")]
        return self._read(split_reference(image), payload)

    def _read(self, reference: FullReference, payload: dict[str, object]) -> list[Push | NotAPush]:
        single, digest = _listed(payload.get("tag")), payload.get("digest")
        tags = _listed(payload.get("tags")) or single
        for tag in single:
            if tag not in tags:
                return [contradiction("tags", tag, tags[0])]
        if not tags and reference.tag is None:
            return [self._to_look_up(reference, digest)]
        if reference.tag in tags:
            reference = replace(reference, tag=None)
        pushed = (self._push(reference, tag, digest) for tag in tags or [reference.tag])
        return list(dict.fromkeys(pushed))

    def _push(self, reference: FullReference, tag: object, digest: object) -> Push | NotAPush:
        return push_in(reference, tag=tag, digest=digest, configured=self.registry)

    def _to_look_up(self, reference: FullReference, digest: object) -> Push | NotAPush:
        """Return a look at the tracked tags: a push of any tag, with tag and digest taken away."""
        pushed = self._push(reference, "any", digest)
        return replace(pushed, tag=None, digest=None) if isinstance(pushed, Push) else pushed


def _listed(value: object) -> list[object]:
    """Return a list, or a single value as one; nothing where nothing is said."""
    if isinstance(value, list):
        return value
    return [] if value is None or value == "" else [value]
