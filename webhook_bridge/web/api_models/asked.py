# SPDX-License-Identifier: GPL-3.0-or-later
"""What requests may hold: their query and their body, each key with how it is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema

from webhook_bridge.domain.deliveries import WAITING
from webhook_bridge.domain.events import KINDS
from webhook_bridge.domain.verdicts import VERDICTS
from webhook_bridge.operations.parameters import (
    flag,
    moment,
    one_of,
    short_text,
    truth,
    whole_number,
)

_VERDICTS = [*VERDICTS, WAITING]
_MOST = 200
_DURATION = r"^([1-9][0-9]{0,8}(\.[0-9]{1,3})?|0\.[0-9]{0,2}[1-9])[smhd]?$"


class Asked(BaseModel):
    """A query or a body: these keys, and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Asked):
    """Nothing is asked."""


def _text(pattern: str, example: str) -> dict[str, Any]:
    return {"type": "string", "pattern": pattern, "examples": [example]}


def _cursor(letter: str) -> Callable[[object], int]:
    """Return the reader of a cursor; each list has a letter of its own."""

    def read(text: object) -> int:
        start, digits = str(text)[:1], str(text)[1:]
        if start != letter or not 1 <= len(digits) <= _LONGEST_CURSOR or not _is_hex(digits):
            raise ValueError("must be the `next` of an answer of this list")
        return int(digits, 16)

    return read


_LONGEST_CURSOR = 12


def _is_hex(digits: str) -> bool:
    return all(digit in "0123456789abcdef" for digit in digits)


def _cursor_schema(letter: str) -> dict[str, Any]:
    return _text(f"^{letter}[0-9a-f]{{1,{_LONGEST_CURSOR}}}$", f"{letter}7b")


_after_seq = whole_number(0, 999_999_999)


def _event_cursor(text: object) -> tuple[int | None, int | None]:
    """Return the seq after which events are wanted, or that before which they are."""
    if str(text)[:1] == "e":
        return None, _cursor("e")(text)
    try:
        return _after_seq(str(text)), None
    except ValueError as error:
        raise ValueError(f"{error} (a seq), or the `next` of an answer of this list") from None


ShortText = Annotated[
    str | None,
    PlainValidator(short_text),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": _MOST}),
]
AppFilter = Annotated[ShortText, Field(description="of this app alone", examples=["shop"])]
HookFilter = Annotated[ShortText, Field(description="of this hook alone", examples=["hub"])]
Limit = Annotated[
    int,
    PlainValidator(whole_number(1, _MOST)),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": _MOST}),
    Field(description="how many at most"),
]
Since = Annotated[
    float,
    PlainValidator(moment),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": _DURATION},
                {"type": "string", "format": "date-time"},
                {"type": "string", "format": "date"},
            ],
            "examples": ["2h"],
        }
    ),
    Field(description="not older than this: a duration such as 2h, or a time"),
]
Flag = Annotated[
    bool,
    PlainValidator(flag),
    WithJsonSchema({"type": "string", "enum": ["true", "1", "false", "0"]}),
]
Truth = Annotated[bool, PlainValidator(truth), WithJsonSchema({"type": "boolean"})]
_OLDER = Field(description="the `next` of the answer before: what comes next in the list")
TagWanted = Annotated[
    str | None,
    PlainValidator(short_text),
    WithJsonSchema(_text("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", "1.4.2")),
    Field(description="what this tag means at the registry now"),
]
DigestWanted = Annotated[
    str | None,
    PlainValidator(short_text),
    WithJsonSchema(_text("^(sha256:)?[0-9a-f]{4,64}$", "sha256:1a1a1a1a1a1a")),
    Field(description="this digest, or the known one that starts so"),
]


class LimitQuery(Asked):
    """How many."""

    limit: Limit = 50


class ReleasesQuery(LimitQuery):
    """Which releases of an app."""

    after: Annotated[
        int | None, PlainValidator(_cursor("l")), WithJsonSchema(_cursor_schema("l")), _OLDER
    ] = None


class RunsQuery(Asked):
    """Which runs."""

    app: AppFilter = None
    limit: Limit = 50
    after: Annotated[
        int | None, PlainValidator(_cursor("r")), WithJsonSchema(_cursor_schema("r")), _OLDER
    ] = None


class DeliveriesQuery(Asked):
    """Which deliveries."""

    hook: HookFilter = None
    verdict: Annotated[
        str | None,
        PlainValidator(one_of(_VERDICTS)),
        WithJsonSchema({"type": "string", "enum": _VERDICTS}),
        Field(description="with this verdict; `waiting`: without one yet"),
    ] = None
    since: Since = 0.0
    limit: Limit = 50
    after: Annotated[
        int | None, PlainValidator(_cursor("d")), WithJsonSchema(_cursor_schema("d")), _OLDER
    ] = None


class RejectedQuery(Asked):
    """Which refused requests."""

    hook: HookFilter = None
    since: Since = 0.0
    limit: Limit = 50
    after: Annotated[
        int | None, PlainValidator(_cursor("j")), WithJsonSchema(_cursor_schema("j")), _OLDER
    ] = None


class EventsQuery(Asked):
    """Which events."""

    app: AppFilter = None
    actor: Annotated[
        ShortText, Field(description="that this one caused", examples=["token:ci"])
    ] = None
    kind: Annotated[
        str | None,
        PlainValidator(one_of(KINDS)),
        WithJsonSchema({"type": "string", "enum": list(KINDS)}),
    ] = None
    since: Since = 0.0
    after: Annotated[
        tuple[int | None, int | None],
        PlainValidator(_event_cursor),
        WithJsonSchema(_text(f"^([0-9]{{1,9}}|e[0-9a-f]{{1,{_LONGEST_CURSOR}}})$", "42")),
        Field(
            description="a seq: what came after it, the oldest first (0: from the beginning); or "
            "the `next` of the answer before"
        ),
    ] = (None, None)
    limit: Limit = 50


class PlanQuery(Asked):
    """Which deployment is thought of: of a tag, of a digest, or of what is desired already."""

    tag: TagWanted = None
    digest: DigestWanted = None
    same: Annotated[Flag, Field(description="the release that is desired already")] = False


class RedeliverQuery(Asked):
    """Whether it is only foreseen."""

    dry_run: Annotated[
        Flag, Field(description="only say what its verdict would be now; nothing is stored")
    ] = False


class DeployBody(Asked):
    """What to deploy; empty: what the tracked tag means now. At most one of tag, digest, same."""

    model_config = ConfigDict(
        json_schema_extra={
            "not": {
                "anyOf": [
                    {"required": ["tag", "digest"]},
                    {
                        "properties": {"same": {"const": True}},
                        "anyOf": [
                            {"required": ["tag", "same"]},
                            {"required": ["digest", "same"]},
                        ],
                    },
                ]
            },
            "examples": [{"tag": "1.4.2"}, {"tag": "1.4.2", "force": True}, {}],
        }
    )

    tag: TagWanted = None
    digest: DigestWanted = None
    force: Annotated[Truth, Field(description="also a tag whose digest is held")] = False
    same: Annotated[
        Truth, Field(description="the release that is desired already, with its options of now")
    ] = False


class HoldBody(Asked):
    """What to hold; empty: the digest that is desired."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "loses orders, see the tracker"}]}
    )

    digest: DigestWanted = None
    reason: Annotated[ShortText, Field(description="why, as it is shown beside the hold")] = None


class RollbackBody(Asked):
    """Where to go back to; empty: the release before."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    to: Annotated[ShortText, Field(description="the start of a release's id or digest")] = None
