# SPDX-License-Identifier: GPL-3.0-or-later
"""Read JSON from strangers: what is ambiguous, unbounded or not quite JSON is refused.

The standard library's decoder, with hooks. The fast ones (orjson, msgspec) keep the last of two
equal keys without a word (msgspec/msgspec#648, ijl/orjson#456), which is how two readers of one
body come to different conclusions.
"""

from __future__ import annotations

import codecs
import itertools
import json
import math
import re
from collections.abc import Iterator
from typing import NoReturn

from webhook_bridge.domain.references import shown

MAX_DEPTH = 64
"""Objects and lists inside each other; the top-level object counts as one."""
MAX_INTEGER_DIGITS = 20
"""Digits of an integer: enough for any 64-bit number."""

# An unfinished string at the end matches too: so the scan never starts again and stays linear.
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_NOT_A_BRACKET = bytes(sorted(set(range(256)) - set(b"[]{}")))
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class MalformedBody(ValueError):
    """A body is not the JSON we read; the message is one line that says why."""


def parse_object(body: bytes) -> dict[str, object]:
    """Return the JSON object that the body is.

    :raises MalformedBody: where it is not UTF-8 without a byte order mark, not JSON, no object,
        nested deeper than 64, has a key twice, a number that is not finite or an integer of more
        than 20 digits, or a text with U+0000 or half a surrogate pair, which databases and
        encoders refuse later.
    """
    text = _decode(body)
    _limit_depth(body)
    value = _parse(text)
    if not isinstance(value, dict):
        raise MalformedBody("The body is JSON, but not an object: it has to start with '{'.")
    # A raw control character is refused by the parser: only an escape can smuggle one in.
    if b"\\u" in body:
        _refuse_unstorable(value)
    return value


def _decode(body: bytes) -> str:
    if not body:
        raise MalformedBody("The body is empty; a JSON object was expected.")
    if body.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise MalformedBody("The body starts with a byte order mark; send plain UTF-8.")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedBody(f"The body is not UTF-8: byte {error.start} is out of place.") from None


def _limit_depth(body: bytes) -> None:
    """Count brackets before the recursive parser sees the body."""
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return
    brackets = _STRINGS.sub(b"", body).translate(None, _NOT_A_BRACKET)
    depths = itertools.accumulate(map(_STEP.__getitem__, brackets))
    if any(depth > MAX_DEPTH for depth in depths):
        raise MalformedBody(f"The body is nested deeper than {MAX_DEPTH} objects and lists.")


def _parse(text: str) -> object:
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_finite,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        raise MalformedBody(
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise MalformedBody(f"The key {shown(key)} appears twice in one object.")
        found[key] = value
    return found


def _integer(literal: str) -> int:
    digits = len(literal.lstrip("-"))
    if digits > MAX_INTEGER_DIGITS:
        raise MalformedBody(
            f"An integer has {digits} digits; at most {MAX_INTEGER_DIGITS} are read."
        )
    return int(literal)


def _finite(literal: str) -> float:
    number = float(literal)
    if not math.isfinite(number):
        raise MalformedBody(f"The number {shown(literal)} is too large to be read.")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedBody(f"{name} is not JSON; use null or a number.")


def _refuse_unstorable(value: object) -> None:
    for text in _texts(value):
        if _UNSTORABLE.search(text):
            raise MalformedBody(
                f"The text {shown(text)} holds U+0000 or half a surrogate pair, "
                "which cannot be stored."
            )


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        yield from itertools.chain.from_iterable(map(_texts, value.values()))
    elif isinstance(value, list):
        yield from itertools.chain.from_iterable(map(_texts, value))
