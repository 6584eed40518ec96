# SPDX-License-Identifier: GPL-3.0-or-later
"""The host that a request is for, and whether that is us."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

_HOST = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::[0-9]{1,5})?")


@lru_cache(maxsize=256)
def host_name(host: str) -> str | None:
    """Return the host of `host[:port]` in lower case; None when it is none, or several."""
    found = _HOST.fullmatch(host)
    return None if found is None else (found["v6"] or found["name"]).lower().rstrip(".")


@lru_cache(maxsize=256)
def is_known(name: str, names: frozenset[str]) -> bool:
    """Say whether a name is configured, or needs no configuration."""
    return name in names or name == "localhost" or _is_address(name)


def is_loopback(name: str) -> bool:
    """Say whether a host, as `host_name` returns it, is always the very machine that asks."""
    return name == "localhost" or (_is_address(name) and ipaddress.ip_address(name).is_loopback)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
