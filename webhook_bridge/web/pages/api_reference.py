# SPDX-License-Identifier: GPL-3.0-or-later
"""The API as a page: made of the same document that tools import, without a viewer of others."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, jsonify, render_template

from webhook_bridge.web.api_clients import client_files
from webhook_bridge.web.api_document import current_document
from webhook_bridge.web.current import public_url
from webhook_bridge.web.openapi.schemas import example_of
from webhook_bridge.web.openapi.words import REFUSALS
from webhook_bridge.web.pages.access import page_blueprint
from webhook_bridge.web.questions import takes_anything

blueprint = page_blueprint("api_pages")
_DOCUMENT = "openapi.json"
_TYPES = {"boolean": "true or false", "integer": "a number"}


@dataclass(frozen=True)
class Shown:
    """One operation, as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    paragraphs: list[str]
    parameters: list[dict[str, Any]]
    body: list[dict[str, Any]]
    answers: list[dict[str, str]]
    curl: str


@blueprint.get("/api-docs")
@takes_anything
def show_reference() -> Response:
    """All operations, by what they are about."""
    document: Mapping[str, Any] = current_document()
    groups = [
        (one["name"], one["description"], _of_tag(document, one["name"]))
        for one in document["tags"]
    ]
    html = render_template(
        "api_docs.html",
        title="API",
        here="api",
        groups=groups,
        about=_paragraphs(document["info"]["description"]),
        refusals=_refusals(document),
        files=[_DOCUMENT, *client_files()],
    )
    return Response(html, mimetype="text/html")


@blueprint.get("/api-docs/<name>")
@takes_anything
def download(name: str) -> Response:
    """The document, or one of the files that other tools import."""
    if name == _DOCUMENT:
        response = jsonify(current_document())
    elif name in client_files():
        response = Response(client_files()[name], mimetype=_media_type(name))
    else:
        abort(404)
    response.headers["Content-Disposition"] = f'attachment; filename="longshore-{name}"'
    return response


def _media_type(name: str) -> str:
    return "application/json" if name.endswith(".json") else "application/zip"


def _of_tag(document: Mapping[str, Any], tag: str) -> list[Shown]:
    return [
        _shown(document, method, path, one)
        for path, item in document["paths"].items()
        for method, one in item.items()
        if tag in one["tags"]
    ]


def _shown(document: Mapping[str, Any], method: str, path: str, one: Mapping[str, Any]) -> Shown:
    return Shown(
        one["operationId"],
        method.upper(),
        path,
        one["summary"],
        _paragraphs(one["description"]),
        [_parameter(said) for said in one["parameters"]],
        _body(document, one),
        [_answer(status, said) for status, said in one["responses"].items() if "$ref" not in said],
        _curl(method, path, one),
    )


def _paragraphs(text: str) -> list[str]:
    """Return the paragraphs and the entries of lists in a text, without the marks of Markdown."""
    plain = text.replace("**", "").replace("`", "").replace("\n- ", "\n\n- ")
    return [one.strip().removeprefix("- ") for one in plain.split("\n\n") if one.strip()]


def _parameter(said: Mapping[str, Any]) -> dict[str, Any]:
    schema = said["schema"]
    return {
        "name": said["name"],
        "where": said["in"],
        "about": said.get("description", ""),
        "values": _values(schema),
        "default": schema.get("default"),
    }


def _values(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return " · ".join(map(str, schema["enum"]))
    if "minimum" in schema:
        return f"{schema['minimum']} to {schema['maximum']}"
    return _TYPES.get(schema.get("type", ""), "text")


def _body(document: Mapping[str, Any], one: Mapping[str, Any]) -> list[dict[str, Any]]:
    if "requestBody" not in one:
        return []
    schema = one["requestBody"]["content"]["application/json"]["schema"]
    known = document["components"]["schemas"]
    keys = known[schema["$ref"].rsplit("/", 1)[-1]]["properties"]
    return [
        {
            "name": name,
            "about": said.get("description", ""),
            "values": _values(said),
            "example": json.dumps(example_of(said, known)),
        }
        for name, said in keys.items()
    ]


def _answer(status: str, said: Mapping[str, Any]) -> dict[str, str]:
    [(media, content)] = said["content"].items()
    example = content["example"]
    is_json = media == "application/json"
    text = json.dumps(example, indent=2) if is_json else str(example)
    return {"status": status, "about": said["description"], "example": text}


def _curl(method: str, path: str, one: Mapping[str, Any]) -> str:
    """Return the command that sends it; the token comes from a variable of the shell."""
    examples = {
        said["name"]: str(said.get("example", ""))
        for said in one["parameters"]
        if said["in"] == "path"
    }
    parts = ["curl", '-H "Authorization: Bearer $LONGSHORE_TOKEN"']
    if method != "get":
        parts += [f"-X {method.upper()}", '-H "Idempotency-Key: $(uuidgen)"']
    if "requestBody" in one:
        content = one["requestBody"]["content"]["application/json"]
        example = content["examples"]["example1"]["value"]
        parts.append(f"--json {shlex.quote(json.dumps(example))}")
    return " ".join([*parts, shlex.quote(public_url() + path.format(**examples))])


def _refusals(document: Mapping[str, Any]) -> list[dict[str, str]]:
    found = document["components"]["responses"]
    return [
        {
            "status": str(status),
            "about": found[name]["description"],
            "code": found[name]["content"]["application/json"]["example"]["error"],
        }
        for status, (name, *_) in REFUSALS.items()
    ]
