# SPDX-License-Identifier: GPL-3.0-or-later
"""What is answered, in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from webhook_bridge.web.api_models.errors import Error
from webhook_bridge.web.api_operation import Operation
from webhook_bridge.web.openapi.requests import TEXT
from webhook_bridge.web.openapi.schemas import Schema, example_of, reference
from webhook_bridge.web.openapi.words import REFUSALS

_ALWAYS = (400, 401, 403, 429, 503)
_OF_ACTIONS = (409, 422)
_LATER = (429, 503)


def of(
    operation: Operation, known: Mapping[str, Schema], *, method: str, keys: Sequence[str]
) -> dict[str, Any]:
    """Return all that a route answers, by status."""
    refused = {*_ALWAYS, *operation.refusals}
    refused |= {404} if keys else set()
    refused |= set() if method == "get" else set(_OF_ACTIONS)
    said = {str(status): _answer(model, known, method=method) for status, model in _said(operation)}
    if operation.media == TEXT:
        said = {"200": _text("All of it."), "206": _text("The part that was asked for.")}
    elif operation.media is not None:
        said = {"200": {"description": "It.", "content": {operation.media: _ANY_OBJECT}}}
    return {**said, **{str(one): _refusal_reference(one) for one in sorted(refused)}}


def _said(operation: Operation) -> list[tuple[int, type[BaseModel]]]:
    return sorted(operation.answers.items(), key=lambda one: one[0])


def _answer(model: type[BaseModel], known: Mapping[str, Schema], *, method: str) -> dict[str, Any]:
    schema = reference(model)
    content = {"schema": schema, "example": example_of(schema, known)}
    headers = {} if method == "get" else {"Idempotent-Replayed": _REPLAYED}
    if "next" in model.model_fields:
        headers["Link"] = _LINK
    about = known[model.__name__].get("description", "")
    answer = {"description": about, "content": {"application/json": content}}
    return {**answer, "headers": headers} if headers else answer


_ANY_OBJECT = {"schema": {"type": "object"}, "example": {"openapi": "3.1.1"}}
_REPLAYED = {
    "description": "`true`: this is the answer that the first request with this key got",
    "schema": {"type": "string", "enum": ["true"]},
}
_LINK = {
    "description": 'where the next page is, with `rel="next"`; left out at the end',
    "schema": {"type": "string"},
}
_RETRY_AFTER = {
    "description": "seconds to wait, where they are known",
    "schema": {"type": "integer", "minimum": 0},
}


def _text(about: str) -> dict[str, Any]:
    content = {"schema": {"type": "string"}, "example": "PLAY [Deploy shop] ***\n"}
    return {"description": about, "content": {TEXT: content}}


def _refusal_reference(status: int) -> dict[str, str]:
    return {"$ref": f"#/components/responses/{REFUSALS[status][0]}"}


def refusals() -> dict[str, Any]:
    """Return the refusals that routes refer to, by name."""
    return {name: _refusal(status) for status, (name, *_) in REFUSALS.items()}


def _refusal(status: int) -> dict[str, Any]:
    _, about, code, message = REFUSALS[status]
    example = {"error": code, "message": message}
    content = {"schema": reference(Error), "example": example}
    headers = {"headers": {"Retry-After": _RETRY_AFTER}} if status in _LATER else {}
    return {"description": about, "content": {"application/json": content}, **headers}
