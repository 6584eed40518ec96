# SPDX-License-Identifier: GPL-3.0-or-later
"""One request as it came: what proves its sender, and what is read from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

LARGEST_BODY = 1024 * 1024
"""What the server, and Flask by MAX_CONTENT_LENGTH, refuse more of to strangers, in bytes: 413."""
LARGEST_PROVEN_BODY = 32 * 1024 * 1024
"""What a sender may send that a hook knows: GitLab's events have up to 25 MB."""
LONGEST_HEADER = 8192
"""Bytes of a header's value; a longer one counts as missing."""
_LONGEST_ID = 255


@dataclass(frozen=True)
class InboundRequest:
    """Headers and body of one request, and the secret in its path if it has one."""

    headers: Mapping[str, str]
    body: bytes
    at: float
    """When it came, in seconds since the epoch."""
    path_secret: bytes = field(default=b"", repr=False)

    def header(self, name: str) -> bytes:
        """Return a header's bytes without spaces around them; nothing at all where it is missing.

        WSGI hands headers over as Latin-1 (PEP 3333), so encoding gives back the sender's bytes.
        A header that was sent twice comes joined by a comma, which no scheme of ours allows.
        """
        for known, value in self.headers.items():
            if known.lower() == name.lower():
                return _bytes_of(value.strip(" \t"))
        return b""

    def word(self, name: str) -> str | None:
        """Return a header as text, such as the name of an event; None where it is no plain text."""
        try:
            text = self.header(name).decode("ascii")
        except UnicodeDecodeError:
            return None
        return text if text and text.isprintable() else None


def identifier(value: object) -> str | None:
    """Return a sender's id of a delivery if it can be one: short, printable text."""
    if not isinstance(value, str) or not value or len(value) > _LONGEST_ID:
        return None
    return value if value.isascii() and value.isprintable() else None


def _bytes_of(value: str) -> bytes:
    if len(value) > LONGEST_HEADER:
        return b""
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return b""
