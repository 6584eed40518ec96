# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
import gc
import json
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook_bridge.strict_json import _STRINGS as STRINGS
from webhook_bridge.strict_json import MAX_DEPTH, MalformedBody, parse_object

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20) + 1, 10**20 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)
OBJECTS = st.dictionaries(TEXTS, VALUES, max_size=5)


@given(OBJECTS)
def test_every_ordinary_object_is_read_as_it_was_written(value: dict[str, object]) -> None:
    assert parse_object(json.dumps(value).encode()) == value
    assert parse_object(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary(max_size=200) | st.text('[]{}",:\\ue0d81aN-.\n ', max_size=60).map(str.encode))
def test_any_bytes_are_an_object_or_malformed(body: bytes) -> None:
    try:
        value = parse_object(body)
    except MalformedBody as error:
        reason = str(error)
    else:
        assert value == json.loads(body)
        return
    assert reason.isprintable()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b"null", "not an object"),
        (b"[]", "not an object"),
        (b'"{}"', "not an object"),
        (b"3", "not an object"),
        (b"{", "not JSON"),
        (b"{}x", "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b'{"a": 1,}', "not JSON"),
        (b'{"a": "\x00"}', "not JSON"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        ("{}".encode("utf-16"), "byte order mark"),
        ("{}".encode("utf-16-le"), "not JSON"),
        ("{}".encode("utf-32-be"), "not JSON"),
        (b'{"a": "\xff"}', "not UTF-8: byte 7"),
        (b'{"a": "\xed\xa0\x80"}', "not UTF-8"),
        (b'{"a": 1, "a": 2}', "'a' appears twice"),
        (b'[{"x": {"a": 1, "\\u0061": 2}}]', "'a' appears twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": Infinity}', "Infinity"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": -1e999}', "too large"),
        (b'{"a": 100000000000000000000}', "21 digits"),
        (b'{"a": -' + b"1" * 5000 + b"}", "5000 digits"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"a": ["\\udc00\\ud800"]}', "surrogate"),
        (b'{"\\ud800": 1}', "surrogate"),
        (b'{"a": {"b": ["\\u0000"]}}', r"U\+0000"),
    ],
)
def test_a_malformed_body_says_why(body: bytes, said: str) -> None:
    with pytest.raises(MalformedBody, match=said):
        parse_object(body)


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert parse_object(b'{"a": "\\ud83d\\ude00"}') == {"a": "\N{GRINNING FACE}"}


def test_twenty_digits_are_read() -> None:
    assert parse_object(b'{"a": -99999999999999999999}') == {"a": -(10**20 - 1)}


def test_64_levels_are_read_and_65_are_not() -> None:
    def nested(levels: int) -> bytes:
        return b'{"a":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"

    assert parse_object(nested(MAX_DEPTH))
    with pytest.raises(MalformedBody, match="deeper than 64"):
        parse_object(nested(MAX_DEPTH + 1))


@pytest.mark.parametrize("bracket", [b"[", b'{"a":'])
def test_100000_open_brackets_are_a_malformed_body(bracket: bytes) -> None:
    with pytest.raises(MalformedBody, match="deeper"):
        parse_object(bracket * 100_000)


def test_brackets_in_strings_are_text() -> None:
    text = "[" * 1000 + '\\" {' * 100

    assert parse_object(json.dumps({"a": text}).encode()) == {"a": text}


def steps_of(body: bytes) -> int:
    """Count the calls, of Python and of C, that reading a body takes."""
    counted = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    # A collection that falls into it would count what other tests left behind, and the callbacks
    # that hypothesis has on each.
    gc.disable()
    sys.setprofile(count)
    try:
        with contextlib.suppress(MalformedBody):
            parse_object(body)
    finally:
        sys.setprofile(before)
        gc.enable()
    return counted


@pytest.mark.parametrize(
    "made",
    [
        lambda size: b'"\\' * size,
        lambda size: b'{"a":"' + b'\\"' * size,
        lambda size: b'{"a":[' + b"[]," * size + b"1]}",
        lambda size: b"{" + b",".join(b'"%d":1' % number for number in range(size)) + b"}",
        lambda size: b'{"a":[' + b'"\\u0041",' * size + b"1]}",
        lambda size: b'{"a":' + b" " * size + b"1}",
        lambda size: b'{"a":1.' + b"1" * size + b"}",
    ],
    ids=["open strings", "escapes", "lists", "keys", "texts", "spaces", "digits"],
)
def test_twice_as_much_of_what_is_made_to_be_slow_takes_twice_as_many_steps(
    made: Callable[[int], bytes],
) -> None:
    small, large = steps_of(made(5_000)), steps_of(made(10_000))

    assert large <= 2 * small
    # What runs away inside one call, as a matcher may, would never come back from a megabyte.
    steps_of(made(100_000))


@given(st.binary(max_size=200) | st.text('"\\ab\n', max_size=60).map(str.encode))
def test_the_scan_for_strings_never_starts_a_second_time_at_a_byte(body: bytes) -> None:
    assert b'"' not in STRINGS.sub(b"", body)
