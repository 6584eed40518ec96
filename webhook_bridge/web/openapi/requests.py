# SPDX-License-Identifier: GPL-3.0-or-later
"""What requests hold, in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from webhook_bridge.web.api_models.asked import Nothing
from webhook_bridge.web.api_operation import Operation
from webhook_bridge.web.idempotency import KEY_PATTERN
from webhook_bridge.web.openapi.schemas import Schema, reference, without_noise
from webhook_bridge.web.openapi.words import PATH_KEYS

TEXT = "text/plain"
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "a text of your choice, such as a UUID: the same request with it is done "
    "once, and answered alike each time, for 24 hours",
    "schema": {"type": "string", "pattern": KEY_PATTERN},
    "example": "0b7c1d0e-6a53-4c7e-9d57-1f2a3b4c5d6e",
}
_RANGE = {
    "name": "Range",
    "in": "header",
    "description": "a part of the text",
    "schema": {"type": "string", "pattern": "^bytes=([0-9]{1,9}-|-[1-9][0-9]{0,8})$"},
    "example": "bytes=0-",
}


def parameters(operation: Operation, keys: Sequence[str], *, method: str) -> list[dict[str, Any]]:
    """Return what stands in the path, in the query and in headers."""
    headers = [] if method == "get" else [_IDEMPOTENCY_KEY]
    if operation.media == TEXT:
        headers.append(_RANGE)
    schema = without_noise(operation.query.model_json_schema())
    query = [_of_query(name, one) for name, one in schema.get("properties", {}).items()]
    return [*(_of_path(key) for key in keys), *query, *headers]


def _of_path(key: str) -> dict[str, Any]:
    name, said = PATH_KEYS[key]
    text = {"type": "string", "minLength": 1}
    return {"name": name, "in": "path", "required": True, "schema": text, **said}


def _of_query(name: str, schema: Schema) -> dict[str, Any]:
    said = {key: schema[key] for key in ("description",) if key in schema}
    examples = schema.get("examples", [])
    kept = {key: one for key, one in schema.items() if key not in ("description", "examples")}
    # What is left out has its meaning by that, not by a value that could be sent.
    if type(kept.get("default")) is not int:
        kept.pop("default", None)
    example = {"example": examples[0]} if examples else {}
    return {"name": name, "in": "query", "required": False, "schema": kept, **said, **example}


def body(operation: Operation, known: Mapping[str, Schema]) -> dict[str, Any]:
    """Return the body of a request, for a route that takes one; it may be left out."""
    if operation.body is Nothing:
        return {}
    examples = known[operation.body.__name__].get("examples", [{}])
    named = {f"example{number}": {"value": one} for number, one in enumerate(examples, 1)}
    content = {"schema": reference(operation.body), "examples": named}
    return {"requestBody": {"required": False, "content": {"application/json": content}}}
