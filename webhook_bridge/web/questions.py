# SPDX-License-Identifier: GPL-3.0-or-later
"""What a route may be asked: its query parameters and the keys of its body, and nothing else.

What is not understood is refused before anything is done: a key that was mistyped would change
what is done. A route that declares nothing takes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import current_app, request

from webhook_bridge.domain.references import shown
from webhook_bridge.errors import Refused
from webhook_bridge.operations.parameters import short_text, truth, whole_number
from webhook_bridge.strict_json import MalformedBody, parse_object
from webhook_bridge.web.bodies import whole_body

_View = TypeVar("_View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Parameter:
    """One of a query: how it is read, and what it is when it is left out."""

    read: Callable[[str], object]
    default: object = None


@dataclass(frozen=True)
class _Question:
    query: Mapping[str, Parameter] = field(default_factory=dict)
    body: Collection[str] = ()
    required: Collection[str] = ()
    flags: Collection[str] = ()
    form: bool = False


LIMIT = Parameter(whole_number(1, 200), default=50)
NAME = Parameter(short_text)
_NOTHING = _Question()
_questions: dict[Callable[..., Any], _Question | None] = {}


def takes(
    *,
    body: Collection[str] = (),
    required: Collection[str] = (),
    flags: Collection[str] = (),
    form: bool = False,
    **query: Parameter,
) -> Callable[[_View], _View]:
    """Declare what a route is asked; it is given as arguments of these names.

    Those of the body are texts, and None when they are left out and not required; `flags` are true
    or false there, and false when they are left out. With `form`, the body is that of a page's
    form, whose fields the view reads by itself.
    """

    def declare(view: _View) -> _View:
        _questions[view] = _Question(query, (*required, *body), required, flags, form)
        return view

    return declare


def takes_anything(view: _View) -> _View:
    """Declare a route that reads the request by itself, whatever stands in its query."""
    _questions[view] = None
    return view


def read_question() -> None:
    """Read what the route is asked, before it is called; raise Refused for anything else."""
    if request.endpoint is None:  # there is no such route, or not with this method
        return
    question = _questions.get(current_app.view_functions[request.endpoint], _NOTHING)
    if question is None:
        return
    asked = _query(question) if question.form else {**_query(question), **_body(question)}
    request.view_args = {**(request.view_args or {}), **asked}


def _query(question: _Question) -> dict[str, object]:
    _refuse_unknown("query", request.args, question.query)
    return {name: _parameter(name, one) for name, one in question.query.items()}


def _parameter(name: str, parameter: Parameter) -> object:
    values = request.args.getlist(name)
    if not values:
        return parameter.default
    if len(values) > 1:
        raise Refused("malformed", f"query: {name}: must be given once, not {len(values)} times")
    return _value(f"query: {name}", values[0], parameter.read)


def _body(question: _Question) -> dict[str, object]:
    """Return the keys of the body; nothing sent is an empty object."""
    sent = whole_body()
    try:
        found = parse_object(sent) if sent else {}
    except MalformedBody as error:
        raise Refused("malformed", str(error)) from error
    _refuse_unknown("body", found, (*question.body, *question.flags))
    for name in question.required:
        if name not in found:
            raise Refused("malformed", f"body: {name}: must be given")
    given = {name: _of_body(name, value, question.flags) for name, value in found.items()}
    return {**dict.fromkeys(question.body), **dict.fromkeys(question.flags, False), **given}


def _of_body(name: str, value: object, flags: Collection[str]) -> object:
    return _value(f"body: {name}", value, truth if name in flags else short_text)


def _refuse_unknown(part: str, found: Collection[str], known: Collection[str]) -> None:
    unknown = [name for name in found if name not in known]
    if unknown:
        allowed = ", ".join(known) or "none"
        raise Refused("malformed", f"{part}: unknown key {shown(unknown[0])}; allowed: {allowed}")


def _value(place: str, value: Any, read: Callable[[Any], object]) -> object:
    try:
        return read(value)
    except ValueError as error:
        raise Refused("malformed", f"{place}: {shown(value)} {error}") from None
