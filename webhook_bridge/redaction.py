# SPDX-License-Identifier: GPL-3.0-or-later
"""What is never stored, shown or logged: headers that may prove who somebody is, secrets in paths.

By what the names of headers say, not by a list alone: a proxy or a new sender brings its own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

REDACTED = "<redacted>"
_TELLING = re.compile(
    r"auth|cookie|token|secret|signature|password|passwd|credential|api-?key|hmac", re.IGNORECASE
)
_HOLDING = ("/hooks/", "/sign-in/link/")
_SECRET_PATH = re.compile(r"(/hooks/[^/\s?]*|/sign-in/link)/[^\s?\"']+")


def redacted_headers(
    headers: Mapping[str, str], secret_names: Collection[str] = ()
) -> dict[str, str]:
    """Return headers with the values taken out that may be secret.

    `secret_names` are further names, in lower case. Proxies add the path that was asked for, which
    holds the secret of a path hook, as X-Original-URI.
    """
    return {
        name: REDACTED
        if name.lower() in secret_names or _TELLING.search(name)
        else without_path_secrets(value)
        for name, value in headers.items()
    }


def without_path_secrets(text: str) -> str:
    """Return a text with the secrets of path hooks and of sign-in links taken out."""
    if not any(start in text for start in _HOLDING):
        return text
    return _SECRET_PATH.sub(rf"\1/{REDACTED}", text)
