# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer a registry's challenge: Basic, or a token from the service that it names.

Protocol: https://distribution.github.io/distribution/spec/auth/token/ and RFC 9110 §11.
"""

from __future__ import annotations

import base64
import re
import threading
import time
import urllib.request
from collections import OrderedDict
from dataclasses import dataclass

from webhook_bridge.strict_json import MalformedBody, parse_object

MAX_TOKEN_ANSWER = 64 * 1024
"""Bytes of a token service's answer."""
BASIC_LIFETIME_S = 300.0
"""Seconds for which a Basic header is sent unasked after it was asked for."""

_DEFAULT_LIFETIME_S = 60.0
_LONGEST_LIFETIME_S = 3600.0
_MARGIN_S = 5.0
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")
_CACHED = 256


@dataclass(frozen=True)
class Challenge:
    """What a registry wants to see."""

    scheme: str
    """``bearer`` or ``basic``."""
    realm: str = ""
    service: str | None = None


@dataclass(frozen=True)
class Authorization:
    """A header's value, and for how many seconds it holds."""

    header: str
    lifetime_s: float


def choose_challenge(headers: tuple[str, ...]) -> Challenge | None:
    """Return the challenge to answer: Bearer rather than Basic, None where there is neither."""
    found = [_parse_challenge(header) for header in headers]
    for scheme in ("bearer", "basic"):
        for challenge in found:
            if challenge.scheme == scheme:
                return challenge
    return None


def basic_authorization(username: str, password: str) -> Authorization:
    """Return the header for a user and a password, in UTF-8 (RFC 7617)."""
    credentials = base64.b64encode(f"{username}:{password}".encode()).decode("ascii")
    return Authorization(f"Basic {credentials}", BASIC_LIFETIME_S)


def token_authorization(body: bytes) -> Authorization | None:
    """Return the header for a token service's answer, None where it holds no usable token."""
    try:
        answer = parse_object(body)
    except MalformedBody:
        return None
    token = answer.get("token") or answer.get("access_token")
    if not isinstance(token, str) or _TOKEN.fullmatch(token) is None:
        return None
    return Authorization(f"Bearer {token}", _lifetime(answer.get("expires_in")))


def _lifetime(expires_in: object) -> float:
    """Return seconds to use a token for, at least for the question it was fetched for.

    The specification's default is 60.
    """
    stated = expires_in if isinstance(expires_in, int | float) else _DEFAULT_LIFETIME_S
    return max(min(float(stated), _LONGEST_LIFETIME_S) - _MARGIN_S, _MARGIN_S)


def _parse_challenge(header: str) -> Challenge:
    scheme, _, rest = header.strip().partition(" ")
    pairs = [item for item in urllib.request.parse_http_list(rest) if "=" in item]
    parameters = {
        name.strip().lower(): value.strip().strip('"')
        for name, _, value in (pair.partition("=") for pair in pairs)
    }
    return Challenge(scheme.lower(), parameters.get("realm", ""), parameters.get("service"))


class AuthorizationCache:
    """Headers that still hold, by registry, repository and user; the oldest make room."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, ...], tuple[str, float]] = OrderedDict()

    def get(self, key: tuple[str, ...]) -> str | None:
        """Return the header's value, None where there is none that still holds."""
        with self._lock:
            header, ends_at = self._kept.get(key, (None, 0.0))
        return header if time.monotonic() < ends_at else None

    def put(self, key: tuple[str, ...], authorization: Authorization) -> None:
        """Keep it for as long as it holds."""
        with self._lock:
            self._kept[key] = (authorization.header, time.monotonic() + authorization.lifetime_s)
            self._kept.move_to_end(key)
            while len(self._kept) > _CACHED:
                self._kept.popitem(last=False)

    def drop(self, key: tuple[str, ...]) -> None:
        """Forget one that the registry no longer takes."""
        with self._lock:
            self._kept.pop(key, None)
