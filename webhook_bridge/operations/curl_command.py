# SPDX-License-Identifier: GPL-3.0-or-later
"""A shell command that sends a stored delivery once more, with placeholders for its secrets.

It holds no character that steers a terminal, whatever was sent, and sends the bytes that came:
pasted into bash, zsh, ksh or busybox.
"""

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
# Linux takes at most 128 KiB in one argument; what is echoed is none.
_LONGEST_ARGUMENT = 100_000


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
        words += _proof(name, scheme) if value == REDACTED else ["-H", _header(name, value)]
    if "content-type" not in map(str.lower, headers):
        words += ["-H", "Content-Type:"]  # else curl calls it a form
    return _with_body(" ".join(words), body)


def _header(name: str, value: str) -> str:
    # curl leaves out a header that ends in a colon, and sends an empty one for a semicolon.
    return _quoted(_bytes(f"{name}: {value}" if value else f"{name};"))


def _proof(name: str, scheme: Scheme | None) -> list[str]:
    """Return the options that send a header whose value was not kept."""
    if name.lower() == "authorization" and isinstance(scheme, BasicPassword):
        return ["-u", f'{shlex.quote(scheme.username + ":")}"$SECRET"']
    is_token = name.lower() == "authorization" and isinstance(scheme, BearerToken | OidcToken)
    shown = _quoted(_bytes(f"{name}: {'Bearer ' if is_token else ''}"))
    return ["-H", f'{shown}"$SECRET"']


def _bytes(text: str) -> bytes:
    """Return what was sent: WSGI gives each byte of a header as the character of that number."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:  # written by us, not sent
        return text.encode()


def _quoted(sent: bytes) -> str:
    """Return bytes as one word of a shell: as they read where that is the same."""
    try:
        text = sent.decode()
    except UnicodeDecodeError:
        text = "\0"
    if all(c.isprintable() or c == "\n" for c in text):
        return shlex.quote(text)
    return "$'" + "".join(map(_escaped, sent)) + "'"


def _escaped(byte: int) -> str:
    character = chr(byte)
    is_plain = character.isascii() and character.isprintable() and character not in "\\'"
    # Three digits, and no more: hexadecimal ones would go on with a digit that follows.
    return character if is_plain else f"\\{byte:03o}"


def _with_body(command: str, body: bytes) -> str:
    """Add the body: as it reads where it can be read, else in base64."""
    text = body.decode("utf-8", "replace")
    is_readable = text.encode() == body and all(c.isprintable() or c in "\n\t" for c in text)
    if is_readable and len(body) <= _LONGEST_ARGUMENT:
        return f"{command} --data-raw {_quoted(body)}"
    encoded = base64.b64encode(body).decode()
    return f"echo {encoded} | base64 -d | {command} --data-binary @-"
