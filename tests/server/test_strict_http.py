# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from waitress.adjustments import Adjustments

from webhook_bridge.server.strict_http import LARGEST_HEADERS, BodyLimit, StrictRequest

HEAD = "POST /hooks/x HTTP/1.1\r\nHost: h\r\n"
MEBIBYTE = 1024 * 1024


def parsed(text: str | bytes) -> StrictRequest:
    """Return what the parser made of the bytes of one request."""
    request = StrictRequest(
        Adjustments(max_request_header_size=LARGEST_HEADERS, max_request_body_size=MEBIBYTE + 1)
    )
    request.received(text.encode("latin-1") if isinstance(text, str) else text)
    return request


def status_of(text: str | bytes) -> int | None:
    """Return the status that a request is refused with; None where it is taken or incomplete."""
    error = parsed(text).error
    return None if error is None else int(error.code)


def test_a_plain_request_is_taken() -> None:
    assert status_of(HEAD + "Content-Length: 2\r\n\r\n") is None
    assert status_of(HEAD + "Transfer-Encoding: chunked\r\n\r\n") is None


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("POST /x HTTP/1.1\r\n\r\n", 400),
        ("POST /x\r\nHost: h\r\n\r\n", 505),
        ("POST /x HTTP/0.9\r\nHost: h\r\n\r\n", 505),
        ("POST /x HTTP/1.2\r\nHost: h\r\n\r\n", 505),
        ("POST /x HTTP/2.0\r\nHost: h\r\nContent-Length: 3\r\n\r\n", 505),
        ("post /x HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("P(ST /x HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("POST  /x HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("POST /x y HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("POST /x#y HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("POST /\xe9 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("POST /\x01 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        (f"POST /{'x' * 8200} HTTP/1.1\r\nHost: h\r\n\r\n", 414),
        (HEAD + f"Long: {'x' * 8200}\r\n\r\n", 431),
        (HEAD + "".join(f"X-{n}: y\r\n" for n in range(101)) + "\r\n", 431),
        (HEAD + "".join(f"X-{n}: {'y' * 1000}\r\n" for n in range(40)) + "\r\n", 431),
        (HEAD + "Folded: a\r\n b\r\n\r\n", 400),
        (HEAD + "Space : a\r\n\r\n", 400),
        (HEAD + ": a\r\n\r\n", 400),
        (HEAD + "No colon\r\n\r\n", 400),
        (HEAD + "Nul: a\x00b\r\n\r\n", 400),
        (HEAD + "Bare: a\nb: c\r\n\r\n", 400),
        (HEAD + "Content-Length: -1\r\n\r\n", 400),
        (HEAD + "Content-Length: +1\r\n\r\n", 400),
        (HEAD + "Content-Length: 1_0\r\n\r\n", 400),
        (HEAD + "Content-Length: 1, 1\r\n\r\n", 400),
        (HEAD + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (HEAD + f"Content-Length: {'9' * 5000}\r\n\r\n", 400),
        (HEAD + f"Content-Length: {MEBIBYTE + 1}\r\n\r\n", 413),
        (HEAD + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (HEAD + "Transfer-Encoding: chunked, chunked\r\n\r\n", 400),
        (HEAD + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (HEAD + "Transfer-Encoding: gzip, chunked\r\n\r\n", 400),
        (HEAD + "Transfer-Encoding: identity\r\n\r\n", 400),
        (HEAD + "Transfer-Encoding: \x0bchunked\r\n\r\n", 400),
        ("POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ],
)
def test_what_is_ambiguous_or_unbounded_is_refused(text: str, status: int) -> None:
    assert status_of(text) == status


@pytest.mark.parametrize("length", [0, MEBIBYTE + 1])
def test_a_sender_that_waits_for_leave_is_answered_at_once_when_there_is_nothing_to_wait_for(
    length: int,
) -> None:
    request = parsed(HEAD + f"Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n")

    assert (request.completed, request.expect_continue) == (True, False)


@pytest.mark.parametrize(
    "chunks",
    [
        "F" * 17 + "\r\n" + "x" * MEBIBYTE + "yy",
        "2\r\nabc\r\n0\r\n\r\n",
        "-1\r\n",
        "2 \r\nab\r\n",
        "0x2\r\nab\r\n",
    ],
)
def test_chunks_that_are_not_what_they_say_are_refused(chunks: str) -> None:
    request = parsed(HEAD + "Transfer-Encoding: chunked\r\n\r\n")

    request.received(chunks.encode())
    request.close()

    assert request.error is not None


def large(limit: BodyLimit, *headers: str) -> StrictRequest:
    """Return a request whose head announces two mebibytes."""
    adj = Adjustments(max_request_body_size=MEBIBYTE + 1)
    adj.body_limit = limit
    parser = StrictRequest(adj)
    lines = [f"Content-Length: {2 * MEBIBYTE}", *headers]
    parser.received((HEAD + "".join(f"{line}\r\n" for line in lines) + "\r\n").encode())
    return parser


def body_limit(*, signed: bool) -> BodyLimit:
    return BodyLimit(
        largest=MEBIBYTE,
        proven=3 * MEBIBYTE,
        is_proven=lambda _path, headers: headers.get("AUTHORIZATION") == "me",
        is_signed=lambda _path: signed,
    )


def test_only_whom_the_head_proves_may_send_a_large_body() -> None:
    limit = body_limit(signed=False)

    assert large(limit, "Authorization: me").error is None
    assert large(limit, "Authorization: you").error.code == 413


def test_few_large_bodies_are_read_at_once_before_their_signature_is_known() -> None:
    limit = body_limit(signed=True)

    reading = [large(limit) for _ in range(4)]

    assert [one.error for one in reading] == [None] * 4
    assert large(limit).error.code == 503
    assert large(limit, "Authorization: me").error is None
    reading.pop()
    assert large(limit).error is None
