# SPDX-License-Identifier: GPL-3.0-or-later
"""A signature in a header: the hexadecimal HMAC of the body, with the secret as its key."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from webhook_bridge.authentication.comparison import secret_matches
from webhook_bridge.authentication.scheme import Refused
from webhook_bridge.domain.inbound import InboundRequest

# SHA-1 is there for the one sender that offers nothing better (Nexus); as an HMAC it still holds.
_ALGORITHMS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {"sha256": hashlib.sha256, "sha1": hashlib.sha1}
)
_HEX = re.compile(rb"[0-9a-fA-F]+")


@dataclass(frozen=True)
class HmacSignature:
    """``Header: [prefix]<hex>``; one without the prefix, or with another, is refused."""

    header: str
    prefix: str = ""
    algorithm: Literal["sha256", "sha1"] = "sha256"
    place: Literal["header"] = "header"
    needs_secret: bool = True

    @property
    def secret_headers(self) -> frozenset[str]:
        """The signature: whoever has it can send this very body again."""
        return frozenset({self.header.lower()})

    def describe(self) -> str:
        """Return what to give the sender."""
        return f"SECRET as its secret; it then signs with {self.header}"

    def check(self, received: InboundRequest, secrets: Sequence[bytes], /) -> None:
        """Compare the signature with the one that each secret gives."""
        shown = received.header(self.header)
        if not shown or shown == self.prefix.encode():
            raise Refused(f"the header {self.header} is missing or empty: the sender has no secret")
        signature = shown.removeprefix(self.prefix.encode())
        if not shown.startswith(self.prefix.encode()) or not _HEX.fullmatch(signature):
            raise Refused(f"the header {self.header} is not {self.prefix}<hexadecimal digits>")
        if not secret_matches(signature.lower(), [self._sign(s, received.body) for s in secrets]):
            raise Refused(f"the signature in {self.header} is not made with the hook's secret")

    def _sign(self, secret: bytes, body: bytes) -> bytes:
        return hmac.new(secret, body, _ALGORITHMS[self.algorithm]).hexdigest().encode()
