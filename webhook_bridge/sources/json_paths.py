# SPDX-License-Identifier: GPL-3.0-or-later
"""Look into JSON of any shape: what is not there is None, and nothing raises."""

from __future__ import annotations

from webhook_bridge.domain.inbound import InboundRequest, identifier
from webhook_bridge.strict_json import MalformedBody, parse_object


def at(value: object, *keys: str) -> object:
    """Return what the keys lead to, object by object; None where one of them leads nowhere."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def joined(namespace: object, name: object) -> str | None:
    """Return namespace and name as a path; None where one of them is no text."""
    if not isinstance(namespace, str) or not isinstance(name, str):
        return None
    return f"{namespace}/{name}"


def id_at(received: InboundRequest, *keys: str) -> str | None:
    """Return the id that the keys of the body lead to; None where there is none."""
    return identifier(at(object_or_nothing(received.body), *keys))


def object_or_nothing(body: bytes) -> dict[str, object]:
    """Return the JSON object that the body is; an empty one where it is none that we read."""
    try:
        return parse_object(body)
    except MalformedBody:
        return {}
