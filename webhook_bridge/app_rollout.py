# SPDX-License-Identifier: GPL-3.0-or-later
"""How an app's hosts follow one another, and what a failure means for the rest of them."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from webhook_bridge.app_table import Table

_ALL_PERCENT = 100


def _batch(value: object) -> int | str:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError('must be a number of hosts or a percentage, as 1 or "25%"')
    match = re.fullmatch(r"([1-9]\d*)(%?)", str(value))
    if match is None or (match[2] and int(match[1]) > _ALL_PERCENT):
        raise ValueError(f'{value!r} is no number of hosts above 0 nor a percentage, as "25%"')
    return value


def _batches(value: object) -> tuple[int | str, ...]:
    values = value if isinstance(value, list) else [value]
    if not values:
        raise ValueError('is empty; write for example [1, "25%", "100%"]')
    return tuple(_batch(item) for item in values)


class Rollout(Table):
    """How the hosts follow one another, in Ansible's own words."""

    serial: Annotated[tuple[int | str, ...], BeforeValidator(_batches)] = (1, "25%", "100%")
    max_fail_percentage: int = Field(default=0, ge=0, le=100)
    on_failure: Literal["restore", "halt"] = "restore"
