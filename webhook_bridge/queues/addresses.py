# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses at which a queue's service may be asked, as a hook's table writes them."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit


def parsed_address(text: str) -> SplitResult:
    """Return an address that may be asked: HTTPS, or plain HTTP to this machine.

    Raises ValueError, with what to write, for any other.
    """
    parts = urlsplit(text)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ValueError("must be an address, for example https://queue.example.com")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ValueError("must be an address alone: no user, no password, nothing after ? or #")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ValueError("must start with https://; http:// is for this machine (127.0.0.1) only")
    return parts


def endpoint(text: str) -> str:
    """Return the address of a service, which has no path; raise ValueError for any other."""
    if parsed_address(text).path not in {"", "/"}:
        raise ValueError("must be an address without a path, for example https://queue.example.com")
    return text.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
