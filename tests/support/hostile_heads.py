# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that prove themselves and are wrong around the body, in HTTP itself.

Facts: RFC 9112 sections 2.3, 3.2, 5.2, 6.1 and 11.2, on what a sender must not write.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator

from tests.support.senders import Sent
from tests.support.wire import CLOSED, Case, raw
from webhook_bridge.sources.base import Source

_MEBIBYTE = 1024 * 1024
_FOREIGN = [
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/xml",
    "application/yaml",
    "application/json, text/html",
    "application/jsonp",
    "text/html; application/json",
    "",
]
_METHODS = ["GET", "PUT", "DELETE", "TRACE", "OPTIONS", "PATCH", "PROPFIND"]
_HOSTS = {
    "evil.example": 421,
    "127.0.0.1.evil.example": 421,
    "localhost.evil.example": 421,
    "evil.example:80": 421,
    "127.0.0.1@evil.example": 421,
    "127.0.0.1/x": 421,
    "a b": 421,
    "\xe9": 421,
    "": 421,
}
_FRAMINGS = {
    "two lengths": ["Content-Length: 2", "Content-Length: 3"],
    "a list of lengths": ["Content-Length: 2, 2"],
    "a negative length": ["Content-Length: -1"],
    "a length with a sign": ["Content-Length: +2"],
    "a length with an underscore": ["Content-Length: 1_0"],
    "a length in Arabic digits": ["Content-Length: \xb2"],
    "a length of 5000 digits": ["Content-Length: " + "9" * 5000],
    "a length and chunks": ["Content-Length: 2", "Transfer-Encoding: chunked"],
    "chunks and a length": ["Transfer-Encoding: chunked", "Content-Length: 2"],
    "chunked twice": ["Transfer-Encoding: chunked, chunked"],
    "compressed chunks": ["Transfer-Encoding: gzip, chunked"],
    "another transfer encoding": ["Transfer-Encoding: identity"],
    "chunked behind a tabulator": ["Transfer-Encoding: \x0bchunked"],
    "a folded line": ["Content-Length: 2", "X: a", " b"],
    "a line without a colon": ["Content-Length: 2", "No colon"],
    "a blank before the colon": ["Content-Length : 2"],
    "a NUL in a header": ["Content-Length: 2", "X: a\0b"],
    "a bare line feed in a header": ["Content-Length: 2", "X: a\nY: b"],
}
_CHUNKS = {
    "a chunk of an absurd size": b"F" * 17 + b"\r\n{}",
    "a chunk of a negative size": b"-1\r\n{}\r\n0\r\n\r\n",
    "a chunk with 0x": b"0x2\r\n{}\r\n0\r\n\r\n",
    "a chunk longer than it says": b"1\r\n{}\r\n0\r\n\r\n",
}


def wrong_heads(sent: Sent, sender: Source) -> Iterator[Case]:
    """Give all of them for a request that would be taken; some senders must always be answered."""
    yield from _requests(sent, 202 if sender.always_accepts else 415)
    yield from _framings(sent)
    yield from _too_large(sent)
    yield from _paths(sent)
    for host, status in _HOSTS.items():
        yield Case(f"the host {host!r}", raw(*_parts(sent), host=host), (400, status))


def _parts(sent: Sent) -> tuple[str, dict[str, str], bytes]:
    return sent.target, dict(sent.proof), sent.body


def _requests(sent: Sent, foreign: int) -> Iterator[Case]:
    target, proof, body = _parts(sent)
    for kind in _FOREIGN:
        yield Case(f"the type {kind!r}", raw(target, proof, body, kind=kind), (foreign,))
    yield Case("no type", raw(target, proof, body, kind=None), (foreign,))
    for encoding in ("gzip", "deflate, gzip", "br", "x"):
        packed = raw(target, proof, gzip.compress(body), f"Content-Encoding: {encoding}")
        yield Case(f"the encoding {encoding}", packed, (415,))
    for method in _METHODS:
        yield Case(method, raw(target, proof, body, method=method), (405,))
    yield Case("a method in small letters", raw(target, proof, body, method="post"), (400,))
    for version in ("HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/3", "HTTP/1.1 x", "ICY/1.1"):
        yield Case(version, raw(target, proof, body, version=version), (400, 505))
    yield Case("no host", raw(target, proof, body, host=None), (400,))
    two = raw(target, proof, body, "Host: evil.example")
    yield Case("two hosts", two, (400, 421))


def _framings(sent: Sent) -> Iterator[Case]:
    target, proof, body = _parts(sent)
    for what, lines in _FRAMINGS.items():
        yield Case(what, raw(target, proof, b"{}", *lines, length=False), (400,))
    for what, chunks in _CHUNKS.items():
        head = raw(target, proof, b"", "Transfer-Encoding: chunked", length=False)
        yield Case(what, head + chunks, (400, 413, CLOSED), finish=True)
    short = raw(target, proof, body, f"Content-Length: {len(body) + 1}", length=False)
    yield Case("a body that ends early", short, (400, CLOSED), finish=True)
    head = raw(target, proof, b"", "Transfer-Encoding: chunked", length=False)
    yield Case("chunks that end early", head + b"2\r\n{", (400, CLOSED), finish=True)


def _too_large(sent: Sent) -> Iterator[Case]:
    target, proof, body = _parts(sent)
    # Whom the head proves may send so much; what was announced does not come.
    told = raw(target, proof, b"", f"Content-Length: {_MEBIBYTE + 1}", length=False)
    begun = (400, 413, 503, CLOSED)
    yield Case("a large body that ends early", told + body, begun, finish=True)
    # Read to its end: of a known sender, or because only the whole body could prove it.
    chunk = b"110000\r\n" + b" " * 0x110000 + b"\r\n0\r\n\r\n"
    head = raw(target, proof, b"", "Transfer-Encoding: chunked", length=False)
    yield Case("a large chunk", head + chunk, (202, 400, 401, 413, 503, CLOSED), finish=True)
    for length in (32 * _MEBIBYTE + 1, 99_999_999_999):
        told = raw(target, proof, b"", f"Content-Length: {length}", length=False)
        yield Case(f"a body of {length} bytes", told + body, (413,))
    yield Case("a line of 64 KiB", raw(target, proof, body, "X: " + "x" * 65536), (431,))
    yield Case("70 KiB of lines", raw(target, proof, body, *["X: " + "x" * 7000] * 10), (431,))
    yield Case("101 lines", raw(target, proof, body, *["X: y"] * 101), (431,))
    yield Case("a long path", raw(target + "x" * 9000, proof, body), (414,))


def _paths(sent: Sent) -> Iterator[Case]:
    target, proof, body = _parts(sent)
    for path in (
        "/hooks/../hooks/x",
        "/hooks//x",
        "/hooks/%2e%2e/%2e%2e/etc/passwd",
        "/hooks/x/y/z",
        "//hooks/x",
        f"{target}/../../api/v1/apps",
        f"{target}/%2e%2e/x",
        f"{target}%00",
        f"{target}%0a",
        f"{target}%ff",
        f"{target}/x/y",
        f"/x/..{target}",
    ):
        yield Case(f"the path {path}", raw(path, proof, body), (401, 404, 405))
    elsewhere = raw(f"http://evil.example{target}", proof, body)
    yield Case("a target at another host", elsewhere, (421,))
    for path in (f"{target}#x", f"{target}\x01", f"{target} x", f"{target}\xe9"):
        yield Case(f"the path {path!r}", raw(path, proof, body), (400,))
