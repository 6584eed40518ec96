# SPDX-License-Identifier: GPL-3.0-or-later
"""What a route may be asked: its query parameters and the keys of its body, and nothing else.

What is not understood is refused before anything is done: a key that was mistyped would change
what is done. A route that declares nothing takes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import current_app, request

from webhook_bridge.domain.references import shown
from webhook_bridge.errors import Refused
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
    form: bool = False

    def __call__(self) -> dict[str, object]:
        """Return what is asked, by the names of the view's arguments; raise Refused."""
        refuse_unknown("query", request.args, self.query)
        if not self.form:
            refuse_unknown("body", body_object(), ())
        return {name: _parameter(name, one) for name, one in self.query.items()}


_NOTHING = _Question()
_questions: dict[Callable[..., Any], Callable[[], dict[str, object]] | None] = {}


def takes(*, form: bool = False, **query: Parameter) -> Callable[[_View], _View]:
    """Declare what a route is asked; it is given as arguments of these names.

    With `form`, the body is that of a page's form, whose fields the view reads by itself; without,
    there is none. What routes of the API take, their models say: `web/api_operation.py`.
    """
    return lambda view: read_by(view, _Question(query, form))


def read_by(view: _View, read: Callable[[], dict[str, object]]) -> _View:
    """Declare how the arguments of a view are read of a request; `read` raises Refused."""
    _questions[view] = read
    return view


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
    request.view_args = {**(request.view_args or {}), **question()}


def _parameter(name: str, parameter: Parameter) -> object:
    values = request.args.getlist(name)
    if not values:
        return parameter.default
    refuse_repeated(name, values)
    return _value(f"query: {name}", values[0], parameter.read)


def body_object() -> dict[str, object]:
    """Return the keys of the body; nothing sent is an empty object. Raises Refused."""
    sent = whole_body()
    try:
        return parse_object(sent) if sent else {}
    except MalformedBody as error:
        raise Refused("malformed", str(error)) from error


def refuse_unknown(part: str, found: Collection[str], known: Collection[str]) -> None:
    """Raise Refused for a key that is none of those that are known."""
    unknown = [name for name in found if name not in known]
    if unknown:
        allowed = ", ".join(known) or "none"
        raise Refused("malformed", f"{part}: unknown key {shown(unknown[0])}; allowed: {allowed}")


def refuse_repeated(name: str, values: Sequence[str]) -> None:
    """Raise Refused for a key of the query that is given twice."""
    if len(values) > 1:
        raise Refused("malformed", f"query: {name}: must be given once, not {len(values)} times")


def _value(place: str, value: Any, read: Callable[[Any], object]) -> object:
    try:
        return read(value)
    except ValueError as error:
        raise Refused("malformed", f"{place}: {shown(value)} {error}") from None
