# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn what pydantic found wrong with a file into lines that name file, key and remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

_SENTENCES = {
    "missing": "is required",
    "extra_forbidden": "is not known here",
    "string_type": "must be a string",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "model_type": "must be a table of keys and values",
    "dict_type": "must be a table of keys and values",
    "tuple_type": "must be a list, as [1, 2]",
}


def describe_problems(
    file: Path, error: ValidationError, *, model: type[BaseModel], prefix: str = ""
) -> list[str]:
    """Return one line for each problem: `file: path.of.key: what is wrong`."""
    return [_describe(file, dict(item), model=model, prefix=prefix) for item in error.errors()]


def _describe(file: Path, item: dict[str, Any], *, model: type[BaseModel], prefix: str) -> str:
    # pydantic writes [key] behind a key that is wrong itself.
    keys = [str(part) for part in item["loc"] if part != "[key]"]
    path = ".".join([prefix, *keys] if prefix else keys)
    sentence = _SENTENCES.get(item["type"], item["msg"].removeprefix("Value error, "))
    if item["type"] == "extra_forbidden":
        sentence += f"; allowed: {', '.join(_allowed_keys(model, item['loc']))}"
    return f"{file}: {_one_line(path)}: {sentence}"


def _one_line(path: str) -> str:
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in path)


def _allowed_keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the model reached by `loc`, less its last part, knows."""
    for part in loc[:-1]:
        field = model.model_fields.get(str(part))
        for nested in _models_in(field.annotation if field else None):
            model = nested
    return sorted(model.model_fields)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    arguments = getattr(annotation, "__args__", ())
    return [model for argument in arguments for model in _models_in(argument)]
