# SPDX-License-Identifier: GPL-3.0-or-later
"""When a new container of an app counts as working; what may be written, the collection says."""

from __future__ import annotations

from typing import Annotated

from ansible_collections.longshore.containers.plugins.module_utils._health_rules import (
    DEFAULT_STATUS,
    DEFAULTS,
)
from pydantic import BeforeValidator

from webhook_bridge.config.table import Table


def _statuses(value: object) -> object:
    """Return a list of status codes, of which one may be written alone."""
    return value if isinstance(value, list) else [value]


class HttpProbe(Table):
    """A request that each host makes of its own container."""

    url: str
    status: Annotated[tuple[int, ...], BeforeValidator(_statuses)] = (DEFAULT_STATUS,)
    headers: dict[str, str] | None = None


class Health(Table):
    """How long a new container may take to get healthy, and must then stay so; in seconds.

    Failing probes do not count within `start_period`; `successes` of them in a row, `interval`
    apart, make a container healthy.
    """

    timeout: float = DEFAULTS["timeout"]
    stable_for: float = DEFAULTS["stable_for"]
    start_period: float = DEFAULTS["start_period"]
    interval: float = DEFAULTS["interval"]
    successes: int = DEFAULTS["successes"]
    http: HttpProbe | None = None
    tcp: str | None = None
