# SPDX-License-Identifier: GPL-3.0-or-later
"""When a new container of an app counts as working."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from webhook_bridge.config.table import Table

_A_DAY = 86400
_LAST_PORT = 65535
_STATUS_CODES = range(100, 600)
# The host name in a probe that stands for the new container's own address.
_ITSELF = "container"


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known or any(c.isspace() for c in value):
        raise ValueError(
            f"{value[:80]!r} is no URL that can be asked; write for example "
            "http://127.0.0.1:80/health"
        )
    if "@" in parts.netloc:
        raise ValueError("carries a user or password; let the probe's path answer without one")
    return value


def _status(value: object) -> tuple[int, ...]:
    codes = value if isinstance(value, list) else [value]
    wrong = [code for code in codes if isinstance(code, bool) or code not in _STATUS_CODES]
    if wrong or not codes:
        raise ValueError("must be a status code of HTTP or a list of them, as 200 or [200, 204]")
    return tuple(codes)


def _address(value: str) -> str:
    host, _, port = value.rpartition(":")
    is_port = port.isascii() and port.isdigit() and 0 < int(port) <= _LAST_PORT
    if not host or not is_port or any(c.isspace() or c in "/@" for c in host):
        raise ValueError(f"{value[:80]!r} is not host:port; write for example 127.0.0.1:5432")
    return value


def _start_period(value: float, others: ValidationInfo) -> float:
    timeout = others.data.get("timeout")
    if timeout is not None and value >= timeout:
        raise ValueError(
            f"is a part of health.timeout ({timeout:g} s), so it must be less; raise timeout, or "
            "lower this"
        )
    return value


class HttpProbe(Table):
    """A request that each host makes of its own container."""

    url: Annotated[str, AfterValidator(_url)]
    status: Annotated[tuple[int, ...], BeforeValidator(_status)] = (200,)


class Health(Table):
    """How long a new container may take to get healthy, and must then stay so; in seconds.

    Failing probes do not count within `start_period`; `successes` of them in a row, `interval`
    apart, make a container healthy.
    """

    timeout: float = Field(default=60.0, gt=0, le=_A_DAY, strict=True)
    stable_for: float = Field(default=10.0, ge=0, le=_A_DAY, strict=True)
    start_period: Annotated[
        float, Field(ge=0, le=_A_DAY, strict=True), AfterValidator(_start_period)
    ] = 0.0
    interval: float = Field(default=1.0, gt=0, le=_A_DAY, strict=True)
    successes: int = Field(default=1, ge=1, le=100, strict=True)
    http: HttpProbe | None = None
    tcp: Annotated[str, AfterValidator(_address)] | None = None


def asked_elsewhere(health: Health) -> str | None:
    """Return the key of a probe that asks a host by name, and not the new container itself."""
    if health.http is not None and urlsplit(health.http.url).hostname != _ITSELF:
        return "http.url"
    if health.tcp is not None and health.tcp.rpartition(":")[0] != _ITSELF:
        return "tcp"
    return None
