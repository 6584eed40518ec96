# SPDX-License-Identifier: GPL-3.0-or-later
"""What every scheme is, and the one way to apply it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from webhook_bridge.domain.inbound import InboundRequest


@dataclass(frozen=True)
class Verification:
    """Whether a request is proven to come from the hook's sender; true exactly if it is."""

    accepted: bool
    reason: str
    """Why not, for the owner of the hook, never for the sender. What was sent is quoted and cut in
    it, and no secret or signature is in it."""

    def __bool__(self) -> bool:
        return self.accepted


SECRET_HEADERS = frozenset(
    {
        "authorization",
        "cookie",
        "proxy-authorization",
        "webhook-signature",
        "x-forgejo-signature",
        "x-gitea-signature",
        "x-gitlab-token",
        "x-gogs-signature",
        "x-hub-signature",
        "x-hub-signature-256",
        "x-jfrog-event-auth",
        "x-nexus-webhook-signature",
    }
)
"""Headers, in lower case, that are neither stored nor shown, whatever the hook itself looks at:
a sender may prove itself in several ways at once, as Gitea and GitHub do."""

ACCEPTED = Verification(accepted=True, reason="")


class Refused(Exception):
    """A scheme's way to say no: the message is a sentence for the owner of the hook."""


class Scheme(Protocol):
    """One way to prove who sent a request."""

    @property
    def place(self) -> Literal["path", "header", "body"]:
        """Where the proof is; one in the path has an address of its own."""

    @property
    def secret_headers(self) -> frozenset[str]:
        """Headers of this hook, in lower case, that must be neither stored nor shown."""

    @property
    def needs_secret(self) -> bool:
        """Whether the hook shares a secret with its sender; not so where a public key proves."""

    def describe(self) -> str:
        """Return what the sender has to be given, after the URL; empty for one in the path."""

    def check(self, received: InboundRequest, secrets: Sequence[bytes], /) -> None:
        """Return if the request is proven.

        :raises Refused: where it is not.
        """


def verify(scheme: Scheme, received: InboundRequest, secrets: Sequence[bytes]) -> Verification:
    """Say whether a request is proven by the scheme.

    What is malformed, missing, sent twice, outside ASCII or too long is refused like a wrong
    secret. A hook without a secret refuses everybody, where its scheme needs one.
    """
    usable = [secret for secret in secrets if secret]
    if scheme.needs_secret and not usable:
        return Verification(accepted=False, reason="the hook has no secret")
    try:
        scheme.check(received, usable)
    except Refused as refusal:
        return Verification(accepted=False, reason=str(refusal))
    return ACCEPTED
