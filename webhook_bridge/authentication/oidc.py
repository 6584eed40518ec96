# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenID Connect tokens of Google, GitHub Actions and GitLab: signed by a key they publish.

Facts: RFC 7519, RFC 8725; docs.github.com "OpenID Connect reference"; docs.gitlab.com "OpenID
Connect authentication using ID tokens"; cloud.google.com "Authenticate push subscriptions". A good
signature alone proves only that somebody uses the same platform: which project, branch or account
it was is in the claims, and these are compared too (the lesson of CVE-2026-40109).
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import jwt

from webhook_bridge.authentication.fetched import Fetched, Unavailable
from webhook_bridge.authentication.scheme import Refused
from webhook_bridge.authentication.shared_secret import credentials
from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.domain.references import shown

# Asymmetric only: with a symmetric one in the list, a published key would be a shared secret.
_ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384")
_LEEWAY_S = 60
_REQUIRED = ("exp", "iat", "iss", "aud")

Claims = tuple[tuple[str, tuple[str, ...]], ...]
"""Names of claims, each with the values that are good."""


Keys = Mapping[str, jwt.PyJWK]


@functools.cache
def published_keys(url: str, *, clock: Callable[[], float] = time.monotonic) -> Fetched[Keys]:
    """Return the keys behind an address of the configuration, one cache for all hooks."""
    return Fetched(url, _parse_keys, clock=clock)


def _parse_keys(body: bytes) -> Keys:
    try:
        keys = jwt.PyJWKSet.from_json(body.decode("utf-8")).keys
    except (jwt.PyJWTError, RecursionError, AttributeError, TypeError) as error:
        raise ValueError(str(error)) from None
    return {key.key_id: key for key in keys if key.key_id}


@dataclass(frozen=True)
class OidcToken:
    """``Authorization: Bearer <JWT>`` of one issuer, for us, with the pinned claims."""

    issuers: tuple[str, ...]
    audience: str
    keys_url: str
    claims: Claims
    place: Literal["header"] = "header"
    secret_headers: frozenset[str] = frozenset({"authorization"})
    needs_secret: bool = False
    published: Callable[[str], Fetched[Keys]] = field(default=published_keys, repr=False)

    def describe(self) -> str:
        """Return what the sender has to ask its platform for."""
        return f"Authorization: Bearer <token of {self.issuers[0]} for audience {self.audience}>"

    def check(self, received: InboundRequest, _secrets: Sequence[bytes], /) -> None:
        """Check signature, issuer, audience and time, then every pinned claim."""
        token = credentials(received, b"bearer")
        if not token:
            raise Refused("the header Authorization is missing or holds no bearer token")
        claims = self._decoded(token)
        for name, allowed in self.claims:
            value = _text(claims.get(name))
            if value is None or value not in allowed:
                raise Refused(f"the token's claim {name} is {shown(value)}, not one of the pinned")

    def _decoded(self, token: bytes) -> Mapping[str, Any]:
        try:
            return jwt.decode(
                token,
                self._key(token),
                algorithms=_ALGORITHMS,
                audience=self.audience,
                issuer=self.issuers,
                leeway=_LEEWAY_S,
                options={"require": list(_REQUIRED)},
            )
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise Refused(f"the token is not good: {shown(str(error))}") from None

    def _key(self, token: bytes) -> jwt.PyJWK:
        """Return the key that the token names; one we do not know may be new."""
        name = jwt.get_unverified_header(token).get("kid")
        try:
            for anew in (False, True):
                keys = self.published(self.keys_url).current(anew=anew)
                if isinstance(name, str) and name in keys:
                    return keys[name]
        except Unavailable as error:
            raise Refused(f"the issuer's keys cannot be had: {error}") from None
        raise Refused(f"the issuer publishes no key {shown(name)}")


def _text(value: object) -> str | None:
    """Return a claim as the configuration writes it: GitLab has ``"true"``, Google ``true``."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int) else None
