# SPDX-License-Identifier: GPL-3.0-or-later
"""When a sender says that it sent a delivery: only shown, it decides nothing.

The fields are those of the recorded payloads: `timestamp` of Azure, Nexus, and of each event of
distribution; `time` of CloudEvents and EventBridge; `Timestamp` of SNS; `occur_at` of Harbor;
`push_data.pushed_at` of Docker Hub.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from webhook_bridge.strict_json import MalformedBody, parse_object

_FIELDS = ("timestamp", "time", "Timestamp", "occur_at")
_LONGEST_WAY_S = 24 * 3600.0
# How far two clocks that are set by NTP, in whole seconds, may be apart.
_CLOCKS_APART_S = 5.0


def sent_at(body: bytes, *, received_at: float) -> float | None:
    """Return when the sender sent a body, in seconds since 1970; None where it does not say.

    A time that cannot be right, long before it was received or after, is not told.
    """
    try:
        said = parse_object(body)
    except MalformedBody:
        return None
    found = next((at for value in _values(said) if (at := _moment(value)) is not None), None)
    if found is None or not -_CLOCKS_APART_S <= received_at - found <= _LONGEST_WAY_S:
        return None
    return min(found, received_at)


def _values(said: Mapping[str, object]) -> list[object]:
    events = said.get("events")
    first = events[0] if isinstance(events, list) and events else {}
    pushed = said.get("push_data")
    return [
        *(said.get(field) for field in _FIELDS),
        first.get("timestamp") if isinstance(first, dict) else None,
        pushed.get("pushed_at") if isinstance(pushed, dict) else None,
    ]


def _moment(value: object) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return None if moment is None or moment.tzinfo is None else moment.timestamp()
