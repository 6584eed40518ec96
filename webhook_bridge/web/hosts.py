# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer only under the names that the settings give this bridge.

A page in somebody's browser can make a name of its own mean our address (DNS rebinding), but it
cannot make its name mean ours: an address or `localhost` as Host needs no configuration.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

from webhook_bridge.config.http_hosts import host_name, is_known
from webhook_bridge.receiving.answers import refusal

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class KnownHosts:
    """WSGI middleware: a request for another host is not for us."""

    def __init__(self, app: WSGIApplication, names: Collection[str]) -> None:
        self._app = app
        self._names = frozenset(name.lower() for name in names)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Hand the request on, or refuse it."""
        for host in _hosts(environ):
            name = host_name(host)
            if name is None:
                answer = refusal(HTTPStatus.BAD_REQUEST, "bad_request", "Host is no host")
                return answer.send(start_response)
            if not is_known(name, self._names):
                return refusal(
                    HTTPStatus.MISDIRECTED_REQUEST,
                    "unknown_host",
                    "this host name is not among server.hosts of longshore.toml",
                ).send(start_response)
        return self._app(environ, start_response)


def _hosts(environ: WSGIEnvironment) -> list[str]:
    """Return the Host header and, of a target in absolute form, the authority (RFC 9112 3.2.2)."""
    hosts = [environ["HTTP_HOST"]] if "HTTP_HOST" in environ else []
    target = environ.get("REQUEST_URI", "/")
    if not target.startswith("/") and "://" in target:
        hosts.append(target.partition("://")[2].partition("/")[0])
    return hosts
