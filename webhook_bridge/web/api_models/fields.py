# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of values that many answers have, each with an example."""

from __future__ import annotations

from typing import Annotated, Any, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema


class Answer(BaseModel):
    """A part of an answer: these keys, and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def whole_text(value: Any) -> Any:
    """Return a text that can be sent: half a character, as hosts may write it, is escaped."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def word_of(literal: Any, *more: str) -> WithJsonSchema:
    """Return the schema of one of these words.

    It is not demanded of an answer: what an older version stored is shown as it is, and one word
    that is gone does not take a whole list with it.
    """
    return WithJsonSchema({"type": "string", "enum": [*get_args(literal), *more]})


Text = Annotated[str, BeforeValidator(whole_text)]
"""What others wrote: a host, a registry, a sender."""
Time = Annotated[
    str,
    Field(json_schema_extra={"format": "date-time"}, examples=["2026-12-31T12:00:00.000+00:00"]),
]
"""A time in RFC 3339, UTC."""
Digest = Annotated[str, Field(examples=["sha256:" + "1a" * 32])]
Host = Annotated[Text, Field(examples=["web-001"])]
AppName = Annotated[str, Field(examples=["shop"])]
Image = Annotated[str, Field(examples=["docker.io/acme/shop"])]
Tag = Annotated[Text, Field(examples=["1.4.2"])]
Version = Annotated[
    Text,
    Field(
        examples=["1.4.2 (0f3a9c1)"],
        description="what people call the digest: the version of the image's labels, else its tag",
    ),
]
Identifier = Annotated[
    str,
    Field(json_schema_extra={"format": "uuid"}, examples=["0b7c1d0e-6a53-4c7e-9d57-1f2a3b4c5d6e"]),
]
Actor = Annotated[
    Text, Field(examples=["token:ci"], description="who caused it, such as token:NAME or user:NAME")
]
Reason = Annotated[
    Text, Field(description="a sentence for people", examples=["web-001: port taken"])
]
Cursor = Annotated[
    str,
    Field(
        examples=["djE6MTIz"],
        description="the value of `after` for what comes next in the list; null at its end",
    ),
]
