# SPDX-License-Identifier: GPL-3.0-or-later
"""Who signs in, for how long, and with what programs show who they are."""

from __future__ import annotations

from dataclasses import dataclass

from webhook_bridge.domain.roles import NOTHING, Grants


@dataclass(frozen=True)
class Identity:
    """Who somebody is elsewhere: an issuer, and what never changes there about them."""

    issuer: str
    subject: str


@dataclass(frozen=True)
class User:
    """Somebody who may sign in; `identity` is None for those who do it by a link."""

    id: str
    name: str
    grants: Grants
    created_at: float
    identity: Identity | None = None
    disabled_at: float | None = None
    signed_in_at: float | None = None

    @property
    def actor(self) -> str:
        """As events, releases and runs name them."""
        return f"user:{self.name}"

    @property
    def allowed(self) -> Grants:
        """What they may do now."""
        return NOTHING if self.disabled_at is not None else self.grants


@dataclass(frozen=True)
class Link:
    """A sign-in link that was made; the secret in it is kept as its hash."""

    token_hash: str
    user: User
    created_at: float
    expires_at: float
    used_at: float | None

    def problem(self, *, now: float) -> str | None:
        """Return why nobody signs in with it; None when somebody may."""
        if self.used_at is not None:
            return "it was used already"
        if now >= self.expires_at:
            return "it has expired"
        return None if self.user.allowed.role else "its user is disabled or has no role"


@dataclass(frozen=True)
class Session:
    """A browser that signed in; its id is kept as a hash, `handle` names it to people.

    `proof` is what a proxy said of the user when it began; None for other ways to sign in.
    """

    id_hash: str
    handle: str
    user: User
    csrf: str
    method: str
    address: str
    agent: str
    created_at: float
    used_at: float
    expires_at: float
    proof: str | None = None
    id_token: str | None = None

    def is_good(self, *, now: float, idle: float) -> bool:
        """Say whether it still shows who somebody is; `idle` is how long it may rest."""
        rested = now - self.used_at > idle
        return not rested and now < self.expires_at and self.user.allowed.role is not None


@dataclass(frozen=True)
class Token:
    """What a program shows to the API; its owner, if it has one, bounds what it may do."""

    id: str
    name: str
    grants: Grants
    created_at: float
    created_by: str
    expires_at: float | None = None
    used_at: float | None = None
    owner: User | None = None

    @property
    def actor(self) -> str:
        """As events, releases and runs name it."""
        return f"token:{self.name}"

    def is_good(self, *, now: float) -> bool:
        """Say whether it still opens anything."""
        alive = self.expires_at is None or now < self.expires_at
        return alive and (self.owner is None or self.owner.allowed.role is not None)
