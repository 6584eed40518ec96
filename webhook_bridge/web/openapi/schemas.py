# SPDX-License-Identifier: GPL-3.0-or-later
"""Schemas of models, and an example of whatever a schema describes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

Schema = dict[str, Any]
_REF = "#/components/schemas/"
_PLAIN: Mapping[str, object] = {"boolean": True, "integer": 0, "number": 0.0, "string": "text"}


def component_schemas(
    answers: Iterable[type[BaseModel]], bodies: Iterable[type[BaseModel]]
) -> dict[str, Schema]:
    """Return the schemas of models and of all that is in them, by name."""
    found: list[tuple[type[BaseModel], Literal["serialization", "validation"]]] = [
        *((model, "serialization") for model in answers),
        *((model, "validation") for model in bodies),
    ]
    _, schema = models_json_schema(found, ref_template=f"{_REF}{{model}}")
    known: dict[str, Schema] = without_noise(schema.get("$defs", {}))
    return known


def without_noise(schema: Any) -> Any:
    """Return a schema without titles made of names, and without null for what is left out."""
    if isinstance(schema, list):
        return [without_noise(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: without_noise(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
        and (key != "default" or value is not None)
    }


def reference(model: type[BaseModel]) -> Schema:
    """Return the reference to the schema of a model."""
    return {"$ref": f"{_REF}{model.__name__}"}


def example_of(schema: Mapping[str, Any], known: Mapping[str, Schema]) -> Any:
    """Return an example: what the schema names as one, else one made of its parts."""
    if schema.get("examples"):
        return schema["examples"][0]
    if "$ref" in schema:
        return example_of(known[schema["$ref"].removeprefix(_REF)], known)
    for key in ("enum", "anyOf", "oneOf"):
        if key in schema:
            first = schema[key][0]
            return first if key == "enum" else example_of(first, known)
    return schema["const"] if "const" in schema else _example_of_type(schema, known)


def _example_of_type(schema: Mapping[str, Any], known: Mapping[str, Schema]) -> Any:
    kind = schema.get("type")
    if kind == "object":
        parts = schema.get("properties", {})
        return {name: example_of(part, known) for name, part in parts.items()}
    if kind == "array":
        return [example_of(schema["items"], known)] if "items" in schema else []
    return _PLAIN.get(str(kind))
