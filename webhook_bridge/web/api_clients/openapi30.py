# SPDX-License-Identifier: GPL-3.0-or-later
"""The document as OpenAPI 3.0, for tools that read nothing newer.

3.0 is not 3.1 with another number: its schemas are an older kind of JSON Schema, without null as a
type, without `const`, with one `example`, and with nothing beside a `$ref` (OpenAPI 3.0.3, 4.7.24).
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
_NULL = {"type": "null"}


def to_openapi30(document: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI 3.1 document of ours as OpenAPI 3.0."""
    older: dict[str, Any] = _older(document)
    license_name = {"name": document["info"]["license"]["name"]}
    info = {key: value for key, value in document["info"].items() if key != "summary"}
    return {**older, "openapi": "3.0.3", "info": {**info, "license": license_name}}


def _older(value: Any, key: str = "") -> Any:
    """Return a part of the document; what stands in an example is nobody's schema."""
    if key in ("example", "examples", "value"):
        return value
    if isinstance(value, list):
        return [_older(one) for one in value]
    if not isinstance(value, dict):
        return value
    if key in ("schema", "additionalProperties", "items", "not") and isinstance(value, dict):
        return _schema(value)
    if key in ("properties", "schemas"):
        return {name: _schema(one) for name, one in value.items()}
    return {name: _older(one, name) for name, one in value.items()}


def _schema(schema: Schema) -> Schema:
    """Return a schema of 3.1 as one of 3.0."""
    older: Schema = {}
    for key, value in schema.items():
        older.update(_key(key, value))
    if "anyOf" in older and _NULL in schema["anyOf"]:
        return _nullable(older)
    if "$ref" in older and len(older) > 1:
        reference = older.pop("$ref")
        return {"allOf": [{"$ref": reference}], **older}
    return older


def _key(key: str, value: Any) -> Schema:
    if key == "const":
        return {"enum": [value]}
    if key == "examples":
        return {"example": value[0]} if value else {}
    if key in ("anyOf", "oneOf", "allOf"):
        return {key: [_schema(one) for one in value]}
    if key == "type" and isinstance(value, list):
        [kind] = [one for one in value if one != "null"]
        return {"type": kind, "nullable": True}
    return {key: _older(value, key)}


def _nullable(schema: Schema) -> Schema:
    """Return a schema that allows null as 3.0 says it: beside the type, not as one."""
    others = [one for one in schema.pop("anyOf") if one != _NULL]
    if len(others) > 1:
        return {"anyOf": others, "nullable": True, **schema}
    [only] = others
    if "$ref" in only:
        return {"allOf": [only], "nullable": True, **schema}
    return {**only, "nullable": True, **schema}
