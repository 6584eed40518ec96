# SPDX-License-Identifier: GPL-3.0-or-later
"""Read requests more strictly than waitress does: nothing ambiguous or unbounded gets through.

What two parsers may read differently (two lengths, folded lines, other versions) is how a request
is smuggled past a proxy; RFC 9112 sections 2.3, 3.2, 5.2, 6.1 and 11.2 name the cases.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet

from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask
from waitress.utilities import Error

from webhook_bridge.web.security_headers import SECURITY_HEADERS

LARGEST_HEADERS = 32 * 1024
_LONGEST_LINE = 8 * 1024
_MOST_HEADERS = 100
# More digits than any body we take, and fewer than int() refuses to convert.
_LONGEST_LENGTH = 12
# Bodies of up to 32 MiB, on the disk, that anybody may have begun.
_MOST_LARGE_BODIES = 4
_TARGET = re.compile(r"[!-\"$-~]+")


class _UriTooLong(Error):  # type: ignore[misc]  # waitress ships no types
    code = 414
    reason = "URI Too Long"


class _HeadersTooLarge(Error):  # type: ignore[misc]  # the same
    code = 431
    reason = "Request Header Fields Too Large"


class _VersionNotSupported(Error):  # type: ignore[misc]  # the same
    code = 505
    reason = "HTTP Version Not Supported"


class _Busy(Error):  # type: ignore[misc]  # the same
    code = 503
    reason = "Service Unavailable"


class BodyLimit:
    """How long the body of a request may be, decided by its head alone.

    `largest` bytes from anybody, `proven` from whom `is_proven` knows by the head. Who has to be
    read first (`is_signed`) may send as much, but few of those at once: any stranger may say so.
    """

    def __init__(
        self,
        *,
        largest: int,
        proven: int,
        is_proven: Callable[[str, Mapping[str, str]], bool],
        is_signed: Callable[[str], bool],
    ) -> None:
        self.largest = largest
        self.proven = proven
        self._is_proven = is_proven
        self._is_signed = is_signed
        self._being_read: WeakSet[StrictRequest] = WeakSet()

    def of(self, request: StrictRequest) -> int:
        """Return the limit in bytes; 0 where too many are read at this moment."""
        if self._is_proven(request.path, request.headers):
            return self.proven
        if not self._is_signed(request.path):
            return self.largest
        reading = [one for one in self._being_read if not one.completed]
        if len(reading) >= _MOST_LARGE_BODIES:
            return 0
        self._being_read.add(request)
        return self.proven


@dataclass(frozen=True)
class _Limited:
    """waitress' settings with another limit."""

    adj: Any
    max_request_body_size: int

    def __getattr__(self, name: str) -> Any:
        return getattr(self.adj, name)


class StrictRequest(HTTPRequestParser):  # type: ignore[misc]  # the same
    """One request; what is refused is answered at once, and the connection closed."""

    body_rcv: object | None
    adj: Any
    content_length: int
    received_at: float
    """When it was there and handed on, in seconds of the monotonic clock."""

    def parse_header(self, header_plus: bytes) -> None:
        """Parse the head of a request; raises ParsingError, which is answered 400."""
        first, *lines = header_plus.rstrip(b"\r\n").split(b"\r\n")
        self.error = _too_large(first, lines)
        if self.error is not None:
            return
        _refuse_ambiguous(lines)
        super().parse_header(header_plus)
        self.error = self._unsupported_version()
        if self.error is None:
            self._refuse_unclear()
            self._set_body_limit()
            # Nothing to wait for, or nothing that we would take: answer instead of "go on".
            if self.body_rcv is None or self.content_length >= self.adj.max_request_body_size:
                self.expect_continue = False

    def _set_body_limit(self) -> None:
        """Let a sender that is known send more: strangers never see that there is more."""
        limit: BodyLimit | None = getattr(self.adj, "body_limit", None)
        if limit is None or not (self.chunked or self.content_length > limit.largest):
            return
        most = limit.of(self)
        if not most:
            # Nothing of it is read; waitress would call it too large else.
            self.body_rcv, self.content_length = None, 0
            self.error = _Busy("other large bodies are read at this moment; send it again")
        self.adj = _Limited(self.adj, (most or limit.largest) + 1)

    def _unsupported_version(self) -> Error | None:
        if self.version in ("1.0", "1.1"):
            return None
        self.body_rcv = None
        return _VersionNotSupported("speak HTTP/1.1")

    def _refuse_unclear(self) -> None:
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Content-Length beside Transfer-Encoding")
        if self.version == "1.0" and "TRANSFER_ENCODING" in self.headers:
            raise ParsingError("Transfer-Encoding in HTTP/1.0")
        if self.version == "1.1" and "HOST" not in self.headers:
            raise ParsingError("no Host")
        if not _TARGET.fullmatch(self.request_uri):
            raise ParsingError("the request target has characters that must be escaped")


def _too_large(first: bytes, lines: list[bytes]) -> Error | None:
    if len(first) > _LONGEST_LINE:
        return _UriTooLong(f"the request line is longer than {_LONGEST_LINE} bytes")
    if len(lines) > _MOST_HEADERS:
        return _HeadersTooLarge(f"there are more than {_MOST_HEADERS} header lines")
    if any(len(line) > _LONGEST_LINE for line in lines):
        return _HeadersTooLarge(f"a header line is longer than {_LONGEST_LINE} bytes")
    return None


def _refuse_ambiguous(lines: list[bytes]) -> None:
    """Refuse folded lines, and every framing but one length or one `chunked`."""
    encodings = []
    for line in lines:
        if line.startswith((b" ", b"\t")):
            raise ParsingError("a folded header line")
        name, _, value = line.partition(b":")
        if name.lower() == b"transfer-encoding":
            encodings.append(value.strip(b" \t").lower())
        elif name.lower() == b"content-length" and len(value.strip()) > _LONGEST_LENGTH:
            raise ParsingError("an absurd Content-Length")
    if encodings not in ([], [b"chunked"]):
        raise ParsingError("a Transfer-Encoding that is not one 'chunked'")


class JsonErrorTask(ErrorTask):  # type: ignore[misc]  # the same
    """Answers a request that did not parse, in the one shape of all our errors."""

    def execute(self) -> None:
        """Write the answer."""
        error = self.request.error
        # What follows a quotation mark is the sender's own line: it is not repeated.
        message = str(error.body).partition('"')[0].strip()
        code = error.reason.lower().replace(" ", "_")
        body = json.dumps({"error": code, "message": message}).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [("Content-Type", "application/json"), *SECURITY_HEADERS]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)
