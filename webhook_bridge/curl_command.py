# SPDX-License-Identifier: GPL-3.0-or-later
"""A shell command that sends a stored delivery once more, with placeholders for its secrets."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Mapping

from webhook_bridge.authentication import BasicPassword, BearerToken, Scheme
from webhook_bridge.authentication.oidc import OidcToken
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


def curl_command(
    url: str, *, headers: Mapping[str, str], body: bytes, scheme: Scheme | None
) -> str:
    """Return the command; whoever runs it sets SECRET to the hook's secret.

    A signature has to be made anew by the one who has the secret: there SECRET is the signature.
    """
    in_path = scheme is not None and scheme.place == "path"
    target = f'{shlex.quote(url + "/")}"$SECRET"' if in_path else shlex.quote(url)
    words = ["curl", "-i", "-X", "POST", target]
    for name, value in headers.items():
        if name.lower() in _BY_CURL or name.lower().startswith("x-forwarded-"):
            continue
        shown = ["-H", shlex.quote(f"{name}: {value}")]
        words += _proof(name, scheme) if value == REDACTED else shown
    return _with_body(" ".join(words), body)


def _proof(name: str, scheme: Scheme | None) -> list[str]:
    """Return the options that send a header whose value was not kept."""
    if name.lower() == "authorization" and isinstance(scheme, BasicPassword):
        return ["-u", f'{shlex.quote(scheme.username + ":")}"$SECRET"']
    is_token = name.lower() == "authorization" and isinstance(scheme, BearerToken | OidcToken)
    return ["-H", f'"{name}: {"Bearer " if is_token else ""}$SECRET"']


def _with_body(command: str, body: bytes) -> str:
    """Add the body: as it reads where it can be read, else in base64."""
    text = body.decode("utf-8", "replace")
    if text.encode() == body and all(c.isprintable() or c in "\n\t" for c in text):
        return f"{command} --data-raw {shlex.quote(text)}"
    encoded = base64.b64encode(body).decode()
    return f"echo {encoded} | base64 -d | {command} --data-binary @-"
