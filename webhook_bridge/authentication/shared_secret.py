# SPDX-License-Identifier: GPL-3.0-or-later
"""Schemes in which the sender shows the secret itself: in the path or in a header."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from webhook_bridge.authentication.comparison import secret_matches
from webhook_bridge.authentication.scheme import Refused
from webhook_bridge.domain.inbound import InboundRequest

AUTHORIZATION = "Authorization"


@dataclass(frozen=True)
class PathSecret:
    """The secret is the last part of the URL: for senders that can be given a URL only."""

    place: Literal["path"] = "path"
    secret_headers: frozenset[str] = frozenset()
    needs_secret: bool = True

    def describe(self) -> str:
        """Return nothing: the URL is all."""
        return ""

    def check(self, received: InboundRequest, secrets: Sequence[bytes], /) -> None:
        """Compare the last part of the path."""
        if not secret_matches(received.path_secret, secrets):
            raise Refused("the last part of the path is not the hook's secret")


@dataclass(frozen=True)
class BearerToken:
    """``Authorization: Bearer SECRET`` (RFC 6750)."""

    place: Literal["header"] = "header"
    secret_headers: frozenset[str] = frozenset({"authorization"})
    needs_secret: bool = True

    def describe(self) -> str:
        """Return the header to set."""
        return f"{AUTHORIZATION}: Bearer SECRET"

    def check(self, received: InboundRequest, secrets: Sequence[bytes], /) -> None:
        """Compare the token."""
        token = credentials(received, b"bearer")
        if not secret_matches(token, secrets):
            raise Refused(_wrong(AUTHORIZATION, f"{AUTHORIZATION}: Bearer SECRET", shown=token))


@dataclass(frozen=True)
class FixedHeader:
    """A header whose whole value is the secret; for ``Authorization``, after ``Bearer`` too."""

    name: str
    place: Literal["header"] = "header"
    needs_secret: bool = True

    @property
    def secret_headers(self) -> frozenset[str]:
        """The header itself."""
        return frozenset({self.name.lower()})

    def describe(self) -> str:
        """Return the header to set."""
        return f"{self.name}: SECRET"

    def check(self, received: InboundRequest, secrets: Sequence[bytes], /) -> None:
        """Compare the whole value, and what follows ``Bearer``: some senders add that word."""
        value = received.header(self.name)
        token = credentials(received, b"bearer") if self._is_authorization else value
        if not secret_matches(value, secrets) | secret_matches(token, secrets):
            raise Refused(_wrong(self.name, self.describe(), shown=value))

    @property
    def _is_authorization(self) -> bool:
        return self.name.lower() == AUTHORIZATION.lower()


@dataclass(frozen=True)
class BasicPassword:
    """``Authorization: Basic`` with a fixed user name; the password is the secret (RFC 7617)."""

    username: str
    place: Literal["header"] = "header"
    secret_headers: frozenset[str] = frozenset({"authorization"})
    needs_secret: bool = True

    def describe(self) -> str:
        """Return what to give the sender."""
        return f"user {self.username} and the password SECRET"

    def check(self, received: InboundRequest, secrets: Sequence[bytes], /) -> None:
        """Compare in the encoded form, so that nothing of a stranger's has to be decoded."""
        shown = credentials(received, b"basic")
        expected = [self._encoded(secret) for secret in secrets]
        if not secret_matches(shown, expected):
            raise Refused(_wrong(AUTHORIZATION, self.describe(), shown=shown))

    def _encoded(self, secret: bytes) -> bytes:
        return base64.b64encode(self.username.encode() + b":" + secret)


def credentials(received: InboundRequest, scheme: bytes) -> bytes:
    """Return what follows the scheme's word in ``Authorization``; nothing for another scheme."""
    word, _, rest = received.header(AUTHORIZATION).partition(b" ")
    return rest.strip() if word.lower() == scheme else b""


def _wrong(header: str, wanted: str, *, shown: bytes) -> str:
    if not shown:
        return f"the header {header} is missing or of another kind; the sender has to send {wanted}"
    return f"the secret in the header {header} is not the hook's"
