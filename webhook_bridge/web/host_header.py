# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer only under the names that the settings give this bridge.

A page in somebody's browser can make a name of its own mean our address (DNS rebinding), but it
cannot make its name mean ours: an address or `localhost` as Host needs no configuration.
"""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Response, request

from webhook_bridge.config.http_hosts import host_name, is_known
from webhook_bridge.web.errors import error_response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class KnownHosts:
    """A request for another host is not for us."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(name.lower() for name in names)

    def demand(self) -> Response | None:
        """Return the answer to a request for another host; None to one for us."""
        for host in _hosts(request.environ):
            name = host_name(host)
            if name is None:
                return error_response(
                    HTTPStatus.BAD_REQUEST, "bad_request", "Host must be a host name or an address"
                )
            if not is_known(name, self._names):
                message = "this host name is not among server.hosts of longshore.toml"
                return error_response(HTTPStatus.MISDIRECTED_REQUEST, "unknown_host", message)
        return None


def _hosts(environ: WSGIEnvironment) -> list[str]:
    """Return the Host header and, of a target in absolute form, the authority (RFC 9112 3.2.2)."""
    hosts = [environ["HTTP_HOST"]] if "HTTP_HOST" in environ else []
    target = environ.get("REQUEST_URI", "/")
    if not target.startswith("/") and "://" in target:
        hosts.append(target.partition("://")[2].partition("/")[0])
    return hosts
