# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that other tools import: of this API, and what their formats demand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from webhook_bridge.service.bridge import Bridge
from webhook_bridge.web import create_app
from webhook_bridge.web.api_clients import FILES
from webhook_bridge.web.api_clients.generation import generated_files
from webhook_bridge.web.api_clients.openapi30 import to_openapi30
from webhook_bridge.web.api_clients.requests import client_requests
from webhook_bridge.web.openapi.document import openapi

POSTMAN = json.loads((FILES / "postman_collection.json").read_text())


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_files_are_those_of_this_api(bridge: Bridge) -> None:
    document = openapi(create_app(bridge), url="")

    assert generated_files(document) == tree(FILES), "run scripts/api-clients"


def test_the_older_document_is_openapi_3_0_and_has_the_same_requests() -> None:
    older = json.loads((FILES / "openapi-3.0.json").read_text())
    newer = json.loads((FILES / "openapi.json").read_text())

    OpenAPIV30SpecValidator(older).validate()
    assert {path: set(item) for path, item in older["paths"].items()} == {
        path: set(item) for path, item in newer["paths"].items()
    }


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": "string", "nullable": True}),
        (
            {"anyOf": [{"$ref": "#/x"}, {"type": "null"}], "description": "d"},
            {"allOf": [{"$ref": "#/x"}], "nullable": True, "description": "d"},
        ),
        (
            {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
            {"anyOf": [{"type": "string"}, {"type": "integer"}], "nullable": True},
        ),
        ({"const": "a"}, {"enum": ["a"]}),
        ({"examples": [1, 2], "type": "integer"}, {"example": 1, "type": "integer"}),
        ({"$ref": "#/x", "description": "d"}, {"allOf": [{"$ref": "#/x"}], "description": "d"}),
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        (
            {"type": "object", "properties": {"a": {"const": 1}}},
            {"type": "object", "properties": {"a": {"enum": [1]}}},
        ),
    ],
)
def test_a_schema_is_said_in_the_words_of_3_0(newer: dict[str, Any], older: dict[str, Any]) -> None:
    document = {
        "info": {"license": {"name": "x", "identifier": "x"}, "summary": "s"},
        "components": {"schemas": {"A": newer}},
    }

    assert to_openapi30(document)["components"]["schemas"]["A"] == older


def test_no_word_of_3_1_is_left_in_the_older_document() -> None:
    def words(value: Any, key: str = "") -> set[str]:
        if key in ("example", "examples"):
            return set()
        if isinstance(value, list):
            return set().union(*(words(one) for one in value))
        if not isinstance(value, dict):
            return {f"{key}: {value}"} if key == "type" else set()
        return set(value).union(*(words(one, name) for name, one in value.items()))

    older = json.loads((FILES / "openapi-3.0.json").read_text())
    schemas = words(older["components"]["schemas"])

    assert schemas & {"const", "type: null", "examples", "prefixItems", "$defs"} == set()


def requests_of_postman() -> list[dict[str, Any]]:
    return [item["request"] for folder in POSTMAN["item"] for item in folder["item"]]


def test_the_collection_has_every_request_with_body_and_key() -> None:
    document = json.loads((FILES / "openapi.json").read_text())
    found = {
        (one["method"], one["url"]["raw"].removeprefix("{{baseUrl}}")): one
        for one in requests_of_postman()
    }

    assert len(found) == len(client_requests(document))
    for path, item in document["paths"].items():
        for method, operation in item.items():
            one = found[method.upper(), path.replace("{", ":").replace("}", "")]
            assert ("requestBody" in operation) == ("body" in one), path
            keys = {said["key"] for said in one["header"]}
            assert ("Idempotency-Key" in keys) == (method != "get"), path
    assert POSTMAN["auth"]["type"] == "bearer"
    assert POSTMAN["info"]["schema"].endswith("/v2.1.0/collection.json")


def test_the_environment_holds_no_token() -> None:
    values = json.loads((FILES / "postman_environment.json").read_text())["values"]

    [token] = [one for one in values if one["key"] == "token"]
    assert (token["value"], token["type"]) == ("", "secret")
    bruno = (FILES / "bruno" / "environments" / "Longshore.bru").read_text()
    assert "vars:secret [\n  token\n]" in bruno


def test_bruno_has_a_file_for_each_request() -> None:
    files = [path for path in (FILES / "bruno").rglob("*.bru") if path.name != "folder.bru"]

    assert len(files) == len(requests_of_postman()) + 2  # the collection, the environment
