# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from webhook_bridge.domain.inbound import LONGEST_HEADER, InboundRequest, identifier


def received(**headers: str) -> InboundRequest:
    return InboundRequest(
        {name.replace("_", "-"): value for name, value in headers.items()}, b"", 0.0
    )


def test_a_header_is_found_in_any_case_without_the_spaces_around_it() -> None:
    assert received(X_Event=" \tpush ").header("x-event") == b"push"


def test_a_header_that_is_missing_is_nothing() -> None:
    assert received(X_Event="push").header("X-Other") == b""


def test_a_header_gives_the_bytes_that_the_sender_sent() -> None:
    sent = "schlüssel".encode()

    assert received(X_Key=sent.decode("latin-1")).header("X-Key") == sent


@pytest.mark.parametrize("value", ["x" * (LONGEST_HEADER + 1), "\u20ac"])
def test_a_header_that_is_too_long_or_is_no_bytes_counts_as_missing(value: str) -> None:
    assert received(X_Event=value).header("X-Event") == b""


@pytest.mark.parametrize(
    ("value", "word"),
    [("push", "push"), ("", None), ("a\tb", None), ("pr\xe9sent", None), ("\u20ac", None)],
)
def test_a_word_is_plain_text(value: str, word: str | None) -> None:
    assert received(X_Event=value).word("X-Event") == word


@pytest.mark.parametrize("value", ["a", "x" * 255, "3f2a-77 / 1"])
def test_short_printable_text_is_an_id(value: str) -> None:
    assert identifier(value) == value


@pytest.mark.parametrize("value", ["", "x" * 256, "a\n", "\xe9", "\ud800", None, 5, ["a"]])
def test_nothing_else_is_an_id(value: object) -> None:
    assert identifier(value) is None
