# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP requests that end: in time, in size, and at the host they were sent to.

requests bounds the wait for each packet, so a server that drips one byte a second holds a thread
for ever. Here the time bounds the whole answer. Nothing is taken from the environment but a proxy
(no ``.netrc``), no redirect is followed, and no cookie outlives the session.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProxySchemeUnknown,
)
from urllib3.util import Timeout

from webhook_bridge.proxies import proxy_for, shown_proxy

_USER_AGENT = "longshore"
_NOT_A_PROXY = (
    requests.exceptions.InvalidProxyURL,
    requests.exceptions.InvalidSchema,
)
# http.client.HTTPConnection._tunnel puts this before the status and the words of the proxy.
_REFUSED_TUNNEL = "Tunnel connection failed: "


class Unanswered(Exception):
    """No usable answer came; the message continues a sentence that starts with the host."""


class TooLarge(Exception):
    """The answer is longer than the caller reads."""


@dataclass(frozen=True)
class Answer:
    """One whole answer."""

    status: int
    headers: Mapping[str, str]
    """Looked up without regard to case."""
    challenges: tuple[str, ...]
    """Every ``WWW-Authenticate`` header, one after the other."""
    body: bytes


class BoundedSession:
    """Requests that together take at most `timeout_s` seconds (resolving names apart)."""

    def __init__(self, *, timeout_s: float, ca_file: str | None = None) -> None:
        self._timeout_s = timeout_s
        self._deadline = time.monotonic() + timeout_s
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = ca_file or True
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, _BoundedAdapter())

    def __enter__(self) -> Self:
        """Return the session."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close every connection."""
        self._session.close()

    def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        max_bytes: int,
    ) -> Answer:
        """Send one request and read its answer.

        :raises Unanswered: where there is none in time, or it is not HTTP.
        :raises TooLarge: where the body has more than `max_bytes` bytes.
        """
        sent = {"User-Agent": _USER_AGENT, "Accept-Encoding": "identity", **headers}
        proxy = proxy_for(url)
        try:
            with self._session.request(
                method,
                url,
                headers=sent,
                params=params,
                data=body,
                timeout=self._remaining(),
                proxies={} if proxy is None else {"all": proxy},
                allow_redirects=False,
                stream=True,
            ) as response:
                return _whole(response, max_bytes=max_bytes)
        except (requests.RequestException, HTTPError, OSError) as error:
            raise Unanswered(self._reason_by(proxy, error)) from error

    def _remaining(self) -> Any:
        """Return urllib3's own kind of timeout, which requests passes on.

        A name often has an IPv6 and an IPv4 address: half the time for a silent first address
        leaves the other half for the second and for the answer.
        """
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise Unanswered(f"did not answer within {self._timeout_s:g} s")
        return Timeout(total=remaining, connect=remaining / 2)

    def _reason_by(self, proxy: str | None, error: Exception) -> str:
        if proxy is None:
            return self._reason(error)
        by = f"the proxy {shown_proxy(proxy)} of the environment"
        if isinstance(error, requests.exceptions.ProxyError):
            return f"is asked through {by}, which {_fault_of_proxy(error)}"
        if isinstance(error, _NOT_A_PROXY) or isinstance(_cause(error), ProxySchemeUnknown):
            return f"is asked through {by}, which must be http or https, for example http://proxy.example.com:3128"
        return f"{self._reason(error)} (asked through {by})"

    def _reason(self, error: Exception) -> str:
        """Continue the sentence "<host> …" with the cause, without repeating a URL."""
        cause = _cause(error)
        if isinstance(error, requests.Timeout) or time.monotonic() >= self._deadline:
            return f"did not answer within {self._timeout_s:g} s"
        if isinstance(error, requests.exceptions.SSLError):
            return (
                "cannot be spoken to over TLS: its certificate is not trusted (set ca_file to its "
                "authority's), or it speaks plain HTTP (set plain_http)"
            )
        if isinstance(cause, NameResolutionError):
            return "has no address: its name cannot be resolved"
        if isinstance(cause, NewConnectionError):
            return "accepts no connection"
        return f"broke off its answer ({type(error).__name__})"


def _cause(error: Exception) -> object:
    """Return what urllib3 gave as the reason, where it did."""
    cause = error.args[0] if error.args else None
    return getattr(cause, "reason", cause)


def _fault_of_proxy(error: requests.exceptions.ProxyError) -> str:
    """Continue the sentence "<proxy>, which …": what it said, or that it did not answer."""
    cause = getattr(_cause(error), "original_error", None)
    if isinstance(cause, NameResolutionError):
        return "has no address: its name cannot be resolved"
    if isinstance(cause, OSError) and str(cause).startswith(_REFUSED_TUNNEL):
        return f"answers {str(cause).removeprefix(_REFUSED_TUNNEL)[:100]!a}"
    return "accepts no connection"


def _whole(response: requests.Response, *, max_bytes: int) -> Answer:
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Unanswered("compresses its answer, although it was asked not to")
    body = response.raw.read(max_bytes + 1, decode_content=False)
    if len(body) > max_bytes:
        raise TooLarge
    challenges = tuple(response.raw.headers.getlist("WWW-Authenticate"))
    return Answer(response.status_code, response.headers, challenges, body)


class _DeadlineStream(io.RawIOBase):
    """A socket read until one moment, however often it yields a byte before."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._stream = sock.makefile("rb", buffering=0)
        self._deadline = time.monotonic() + (sock.gettimeout() or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("The answer took too long as a whole.")
        self._sock.settimeout(remaining)
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    """Reads status line, headers and body in the time that urllib3 has set for one packet."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_DeadlineStream(sock))


class _BoundedConnection(HTTPConnection):
    response_class = _BoundedResponse


class _BoundedTlsConnection(HTTPSConnection):
    response_class = _BoundedResponse


class _BoundedPool(HTTPConnectionPool):
    ConnectionCls = _BoundedConnection


class _BoundedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _BoundedTlsConnection


_BOUNDED = {"http": _BoundedPool, "https": _BoundedTlsPool}


class _BoundedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _BOUNDED

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _BOUNDED
        return manager
