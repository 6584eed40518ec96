# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of a hook's table about the OIDC tokens of a platform for CI jobs.

Facts: docs.github.com "OpenID Connect reference"; docs.gitlab.com "OpenID Connect (OIDC)
authentication using ID tokens".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from webhook_bridge.authentication.oidc import OidcToken

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class _Platform:
    issuer: str
    keys_path: str
    identities: frozenset[str]
    """Claims that tell who asks; without one of them pinned, anybody on the platform is let in."""


_PLATFORMS: Mapping[str, _Platform] = MappingProxyType(
    {
        "github": _Platform(
            issuer="https://token.actions.githubusercontent.com",
            keys_path="/.well-known/jwks",
            identities=frozenset({"sub", "repository", "repository_id", "job_workflow_ref"}),
        ),
        "gitlab": _Platform(
            issuer="https://gitlab.com",
            keys_path="/oauth/discovery/keys",
            identities=frozenset({"sub", "project_path", "project_id"}),
        ),
    }
)


def _address(text: str) -> str:
    """Return an address whose answers one may believe: over TLS, or from this very machine."""
    parts = urlsplit(text)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise ValueError("must start with https://: what is fetched there decides who is believed")
    if not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("must be https://host/path, without user, query or fragment")
    return text


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Audience = Annotated[str, Field(pattern=r"^[!-~]{1,512}$")]
Url = Annotated[str, AfterValidator(_address)]
_Values = Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)]


class OidcTable(BaseModel):
    """Whose tokens are good, and which claims they must have."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    platform: Literal["github", "gitlab"]
    audience: Audience
    issuer: Url | None = None
    keys_url: Url | None = None
    claims: dict[str, _Values]
    """Each a value or a list of values, one of which the token must have, letter for letter."""

    @field_validator("claims")
    @classmethod
    def _pins_somebody(
        cls, value: dict[str, tuple[str, ...]], info: ValidationInfo
    ) -> dict[str, tuple[str, ...]]:
        platform = _PLATFORMS.get(info.data.get("platform", ""))
        if platform is not None and not platform.identities & set(value):
            known = ", ".join(sorted(platform.identities))
            raise ValueError(f"must pin one of {known}: else every job of the platform is let in")
        return value

    @property
    def scheme(self) -> OidcToken:
        """The token of a job."""
        platform = _PLATFORMS[self.platform]
        issuer = self.issuer or platform.issuer
        keys_url = self.keys_url or issuer.rstrip("/") + platform.keys_path
        return OidcToken((issuer,), self.audience, keys_url, tuple(sorted(self.claims.items())))
