# SPDX-License-Identifier: GPL-3.0-or-later
"""A shell command that sends a stored delivery once more, with placeholders for its secrets."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Mapping

from webhook_bridge.redaction import REDACTED

_BY_CURL = frozenset(
    {
        "host",
        "content-length",
        "connection",
        "accept-encoding",
        "transfer-encoding",
        "expect",
        "longshore-redelivery-of",
    }
)


def curl_command(url: str, *, headers: Mapping[str, str], body: bytes, in_path: bool) -> str:
    """Return the command; whoever runs it sets SECRET to what proves the sender.

    A signature has to be made anew by the one who has the secret: it is a placeholder too.
    """
    target = f'{shlex.quote(url + "/")}"$SECRET"' if in_path else shlex.quote(url)
    words = ["curl", "-i", "-X", "POST", target]
    for name, value in headers.items():
        if name.lower() in _BY_CURL or name.lower().startswith("x-forwarded-"):
            continue
        header = f"{name}: $SECRET" if value == REDACTED else f"{name}: {value}"
        words += ["-H", f'"{header}"' if value == REDACTED else shlex.quote(header)]
    return _with_body(" ".join(words), body)


def _with_body(command: str, body: bytes) -> str:
    """Add the body: as it reads where it can be read, else in base64."""
    text = body.decode("utf-8", "replace")
    if text.encode() == body and all(c.isprintable() or c in "\n\t" for c in text):
        return f"{command} --data-raw {shlex.quote(text)}"
    encoded = base64.b64encode(body).decode()
    return f"echo {encoded} | base64 -d | {command} --data-binary @-"
