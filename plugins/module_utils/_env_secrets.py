# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a container's environment must not be shown, and how it is taken out of texts.

A value is replaced by its variable's name, so that a log stays readable where a value was no
secret after all. What the image itself sets is public.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

_TELLING = (
    "(?i)pass|pwd|secret|token|key|cred|auth|private|salt|cert|dsn|session|cookie|licen[cs]e|hash"
)
# Shorter ones cannot be told from the text around them.
MIN_LENGTH = 3
MIN_LENGTH_WITHOUT_TELLING_NAME = 8


def secrets_of(environment, public):
    """Return (text, variable) pairs to hide, the longest text first.

    `environment` and `public` are lists of NAME=VALUE: the container's, and its image's own.
    """
    pairs = (each.partition("=")[::2] for each in environment if each not in public)
    found = {text: name for name, value in pairs for text in _forms(name, value)}
    return tuple(sorted(found.items(), key=lambda pair: -len(pair[0])))


def _forms(name, value):
    """Yield what would give a value away: itself, each of its lines, a password in its URL."""
    shortest = MIN_LENGTH if re.search(_TELLING, name) else MIN_LENGTH_WITHOUT_TELLING_NAME
    yield from (each for each in (value, *value.splitlines()) if len(each.strip()) >= shortest)
    password = _password_in(value)
    yield from (e for e in (password, unquote(password)) if len(e) >= MIN_LENGTH)


def _password_in(value):
    try:
        return urlsplit(value).password or ""
    except ValueError:
        return ""


def masked(text, secrets):
    """Return the text with every secret replaced by <NAME>."""
    for secret, name in secrets:
        text = text.replace(secret, f"<{name}>")
    return text
