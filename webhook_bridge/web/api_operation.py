# SPDX-License-Identifier: GPL-3.0-or-later
"""A route of the API: what it may be asked and what it answers, as models.

A request is read by them before the view is called, an answer is built by them, and the OpenAPI
document is made of them: what is documented is what is done.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any

from flask import Response, request
from pydantic import ValidationError

from webhook_bridge.domain.references import shown
from webhook_bridge.errors import Refused
from webhook_bridge.web.api_models.asked import Asked, Nothing
from webhook_bridge.web.api_models.fields import Answer
from webhook_bridge.web.idempotency import once
from webhook_bridge.web.paging import link_to_next
from webhook_bridge.web.questions import body_object, read_by, refuse_repeated, refuse_unknown

View = Mapping[str, Any]
Answers = View | tuple[View, int] | Response


@dataclass(frozen=True)
class Operation:
    """What a route is asked and what it answers: by models, or else as this media type."""

    tag: str
    summary: str
    description: str
    query: type[Asked]
    body: type[Asked]
    answers: Mapping[int, type[Answer]]
    refusals: Collection[int]
    media: str | None = None


@dataclass(frozen=True)
class _Asking:
    """Reads a request by the models of its route."""

    query: type[Asked]
    body: type[Asked]

    def __call__(self) -> dict[str, object]:
        """Return the values, by the names of the view's arguments; raise Refused."""
        return {**_asked(self.query), **_values(self.body, "body", body_object())}


_operations: dict[Callable[..., Any], Operation] = {}


def operation(
    tag: str,
    answers: type[Answer] | Mapping[int, type[Answer]] | None = None,
    *,
    query: type[Asked] = Nothing,
    body: type[Asked] = Nothing,
    status: int = HTTPStatus.OK,
    refusals: Collection[int] = (),
    media: str | None = None,
) -> Callable[[Callable[..., Answers]], Callable[..., Response]]:
    """Declare a route of the API by its models; its docstring is what the document says of it.

    `refusals` are the statuses by which it refuses what others would take. A view without
    `answers` returns its response itself, of the type `media`.
    """
    by_status = dict(answers) if isinstance(answers, Mapping) else {}
    if isinstance(answers, type):
        by_status = {int(status): answers}

    def declare(view: Callable[..., Answers]) -> Callable[..., Response]:
        summary, _, description = (view.__doc__ or "").strip().partition("\n")

        @wraps(view)
        def answer(**named: Any) -> Response:
            return once(lambda: _response(view(**named), by_status, int(status)))

        _operations[answer] = Operation(
            tag,
            summary.rstrip("."),
            " ".join(description.split()),
            query,
            body,
            by_status,
            refusals,
            media,
        )
        return read_by(answer, _Asking(query, body))

    return declare


def operation_of(view: Callable[..., Any]) -> Operation | None:
    """Return what a view was declared as; None for one that was not."""
    return _operations.get(view)


def _response(found: Answers, answers: Mapping[int, type[Answer]], status: int) -> Response:
    if isinstance(found, Response):
        return found
    view, told = found if isinstance(found, tuple) else (found, status)
    built = answers[told].model_validate(view).model_dump()
    response = Response(json.dumps(built) + "\n", mimetype="application/json", status=told)
    return link_to_next(response, built.get("next"))


def _asked(model: type[Asked]) -> dict[str, object]:
    refuse_unknown("query", request.args, model.model_fields)
    for name, values in request.args.lists():
        refuse_repeated(name, values)
    return _values(model, "query", dict(request.args))


def _values(model: type[Asked], part: str, found: dict[str, object]) -> dict[str, object]:
    refuse_unknown(part, found, model.model_fields)
    try:
        return dict(model.model_validate(found))
    except ValidationError as error:
        raise Refused("malformed", _sentence(part, error)) from None


def _sentence(part: str, error: ValidationError) -> str:
    """Return the first trouble with its place, in the words of its reader."""
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"]))
    if first["type"] == "missing":
        return f"{part}: {place}: must be given"
    why = first.get("ctx", {}).get("error", first["msg"])
    return f"{part}: {place}: {shown(first['input'])} {why}"
