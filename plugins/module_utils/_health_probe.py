# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking a container from its host, over HTTP or TCP, on the standard library alone.

Neither a proxy of the environment nor a redirect is followed, and certificates are not checked: the
question is whether this container answers, as with the probes of Kubernetes
(https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/).
"""

from __future__ import annotations

import contextlib
import http.client
import socket
from urllib.parse import urlsplit

from ansible_collections.longshore.containers.plugins.module_utils._health_rules import ITSELF

PROBE_TIMEOUT_S = 5.0


def ask(health, container, *, timeout_s=PROBE_TIMEOUT_S):
    """Return an empty string if the container answers every probe, else which failed and why.

    Each probe has `timeout_s` seconds.
    """
    asks = (timeout_s, health.statuses, dict(health.headers))
    said = _asked(_http, health.url, container, *asks) if health.url else ""
    if said or not health.tcp:
        return said
    return _asked(_tcp, health.tcp, container, timeout_s)


def _asked(probe, address, container, timeout_s, *arguments):
    try:
        said = probe(address, container, timeout_s, *arguments)
    except (OSError, http.client.HTTPException, ValueError, ImportError) as exc:
        said = _in_words(exc, timeout_s)
    return f"{address} {said}" if said else ""


def _http(url, container, timeout_s, statuses, given):
    parts = urlsplit(url)
    connection = _connection(parts, container, timeout_s)
    try:
        with _broken_off(connection, timeout_s):
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = {"User-Agent": "longshore", **given, "Connection": "close"}
            connection.request("GET", path, headers=headers)
            status = connection.getresponse().status
    finally:
        connection.close()
    if status in statuses:
        return ""
    return f"answered {status}, not {' or '.join(str(each) for each in statuses)}"


def _tcp(address, container, timeout_s):
    host, _colon, port = address.rpartition(":")
    where = (_host(host.strip("[]"), container), int(port))
    socket.create_connection(where, timeout=timeout_s).close()
    return ""


def _connection(parts, container, timeout_s):
    host = _host(parts.hostname, container)
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, parts.port, timeout=timeout_s)
    return _UncheckedConnection(host, parts.port, timeout=timeout_s)


class _UncheckedConnection(http.client.HTTPConnection):
    """Over TLS to whoever answers; a host has no HTTPSConnection (`_host_run.start`)."""

    default_port = http.client.HTTPS_PORT

    def connect(self):
        import ssl  # noqa: PLC0415 -- few probes need it, and it takes time to import

        super().connect()
        unchecked = ssl.create_default_context()
        unchecked.check_hostname = False
        unchecked.verify_mode = ssl.CERT_NONE
        self.sock = unchecked.wrap_socket(self.sock, server_hostname=self.host)


@contextlib.contextmanager
def _broken_off(connection, timeout_s):
    """Bound the whole exchange: the time limit of a socket starts anew with every byte."""
    import threading  # noqa: PLC0415 -- a container without a probe over HTTP needs none

    connection.connect()
    is_late = threading.Event()
    timer = threading.Timer(timeout_s, _shut, (connection.sock, is_late))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        # Headers that end with the connection would pass for whole ones.
        if is_late.is_set():
            raise socket.timeout


def _shut(sock, is_late):
    is_late.set()
    # The other side may have closed it first, which is just as well.
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _host(name, container):
    if name != ITSELF:
        return name
    if not container.address:
        raise ValueError("cannot be asked: the container has no address of its own on this host")
    return container.address


def _in_words(exc, timeout_s):
    if isinstance(exc, socket.timeout):
        return f"did not answer within {timeout_s:g} s"
    if isinstance(exc, ConnectionRefusedError):
        return "refused the connection"
    if isinstance(exc, ImportError):
        return "cannot be asked: the Python of this host has no ssl"
    if isinstance(exc, http.client.BadStatusLine):
        return "broke off without an HTTP answer"
    if isinstance(exc, ValueError):
        return str(exc)
    return f"cannot be reached: {getattr(exc, 'strerror', None) or exc}"
