# SPDX-License-Identifier: GPL-3.0-or-later
"""The document itself: OpenAPI 3.1, whose schemas are the JSON Schema that pydantic makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from flask import Flask
from pydantic import BaseModel

from webhook_bridge.web.api_models.asked import Nothing
from webhook_bridge.web.api_models.errors import Error
from webhook_bridge.web.api_operation import Operation, operation_of
from webhook_bridge.web.openapi import requests, responses
from webhook_bridge.web.openapi.schemas import Schema, component_schemas
from webhook_bridge.web.openapi.words import ABOUT, PATH_KEYS, SECURITY, TAGS

PREFIX = "/api/v1"
_CONVERTER = re.compile("<(?:[a-z]+:)?([a-z_]+)>")


@dataclass(frozen=True)
class Route:
    """A route of the API: its method, its path in the document, and what it was declared as."""

    method: str
    path: str
    keys: tuple[str, ...]
    name: str
    operation: Operation


def api_routes(app: Flask) -> list[Route]:
    """Return the declared routes of the API, in the order of their paths."""
    found = sorted(_routes(app), key=lambda one: (list(TAGS).index(one.operation.tag), one.path))
    return [one for one in found if one.path.startswith(PREFIX)]


def _routes(app: Flask) -> Iterator[Route]:
    for rule in app.url_map.iter_rules():
        view: Callable[..., Any] = app.view_functions[rule.endpoint]
        declared = operation_of(view)
        if declared is not None:
            keys = tuple(_CONVERTER.findall(rule.rule))
            path = _CONVERTER.sub(lambda match: f"{{{PATH_KEYS[match[1]][0]}}}", rule.rule)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield Route(method.lower(), path, keys, view.__name__, declared)


def openapi(app: Flask, *, url: str) -> dict[str, Any]:
    """Return the OpenAPI document of an application that is reached at a URL."""
    routes = api_routes(app)
    known = _schemas([one.operation for one in routes])
    paths: dict[str, dict[str, Any]] = {}
    for one in routes:
        paths.setdefault(one.path, {})[one.method] = _operation(one, known)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Longshore",
            "version": version("longshore"),
            "summary": "Brings container images to the hosts of an inventory.",
            "description": ABOUT,
            "license": {"name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"},
        },
        "servers": [{"url": url}],
        "security": [{"apiToken": []}],
        "tags": [{"name": name, "description": about} for name, about in TAGS.items()],
        "paths": paths,
        "components": {
            "securitySchemes": dict(SECURITY),
            "schemas": known,
            "responses": responses.refusals(),
        },
    }


def _schemas(operations: list[Operation]) -> dict[str, Schema]:
    answers: set[type[BaseModel]] = {Error}
    answers |= {model for one in operations for model in one.answers.values()}
    bodies = {one.body for one in operations} - {Nothing}
    return component_schemas(sorted(answers, key=_name), sorted(bodies, key=_name))


def _name(model: type[BaseModel]) -> str:
    return model.__name__


def _operation(route: Route, known: dict[str, Schema]) -> dict[str, Any]:
    scope = "read" if route.method == "get" else "operate"
    about = f"{route.operation.description}\n\nNeeds the scope `{scope}`."
    return {
        "operationId": route.name,
        "tags": [route.operation.tag],
        "summary": route.operation.summary,
        "description": about.strip(),
        "parameters": requests.parameters(route.operation, route.keys, method=route.method),
        **requests.body(route.operation, known),
        "responses": responses.of(route.operation, known, method=route.method, keys=route.keys),
    }
