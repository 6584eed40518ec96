# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Docker Engine API over its Unix socket, on the standard library alone.

Paths carry no API version, so the daemon answers in its newest one; every field used here has been
the same since API 1.25 (https://docs.docker.com/reference/api/engine/version-history/).
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import time
from urllib.parse import quote, urlencode

from ansible_collections.longshore.containers.plugins.module_utils._daemon_watch import DaemonWatch

REQUEST_TIMEOUT_S = 30.0
RECONNECT_S = 30.0
FIRST_ERROR_STATUS = 400
MAX_ANSWER_BYTES = 16 * 1024 * 1024
NOT_FOUND = 404
# Asked once by a program, unless the daemon is lost meanwhile: to answer each it runs three others
# (moby, daemon/info_unix.go), some 15 ms. What is read of them changes with daemon.json at most.
_ASKED_ONCE = (("info",), ("version",))


class DockerError(Exception):
    """The daemon cannot be reached or refuses a request; `status` is 0 where no answer came."""

    def __init__(self, message, status=0):
        super().__init__(message)
        self.status = status


class DockerTimeout(DockerError):
    """The daemon took a request and did not answer it within `seconds`."""

    def __init__(self, message, *, seconds):
        super().__init__(message)
        self.seconds = seconds


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class DockerSocket:
    """One daemon. Each request opens and closes its own connection and has a time limit."""

    def __init__(self, path):
        self.path = path
        self._was_reached = False
        self._once = {}
        self._cache = None

    def get(self, *segments, query=None, headers=None, timeout=REQUEST_TIMEOUT_S):
        """Return the decoded JSON answer of a read, which others may get too: not to be changed."""
        cache = self._once if segments in _ASKED_ONCE else self._cache
        if cache is None or headers is not None:
            return self._read(segments, query, headers, timeout)
        target = _target(segments, query)
        if target not in cache:
            cache[target] = self._outcome(segments, query, timeout)
        found = cache[target]
        if isinstance(found, DockerError):
            raise DockerError(str(found), found.status)
        return found

    def _read(self, segments, query, headers, timeout):
        return _decode(self.request("GET", segments, query=query, headers=headers, timeout=timeout))

    def _outcome(self, segments, query, timeout):
        """Return the answer of a read, or the error where there is nothing of this name."""
        try:
            return self._read(segments, query, None, timeout)
        except DockerError as exc:
            if exc.status != NOT_FOUND:
                raise
            return exc

    @contextlib.contextmanager
    def cached_reads(self):
        """Ask only once, within it, for what is read again, until something is changed.

        For decisions, which are to be made of what the daemon said at one moment. Where time passes
        between two reads of the same, the second has to be within `fresh_reads`.
        """
        with self._caching({} if self._cache is None else self._cache):
            yield

    @contextlib.contextmanager
    def fresh_reads(self):
        """Ask anew, within it, for whatever is read, also within `cached_reads`."""
        try:
            with self._caching(None):
                yield
        finally:
            self._forget()

    @contextlib.contextmanager
    def _caching(self, cache):
        before, self._cache = self._cache, cache
        try:
            yield
        finally:
            self._cache = before

    def _forget(self):
        if self._cache:
            self._cache.clear()

    def _lose_sight(self):
        self._forget()
        self._once.clear()

    def get_bytes(self, *segments, query=None):
        """Return the raw answer of a read, cut at 16 MiB."""
        return self.request("GET", segments, query=query)

    def post(self, *segments, query=None, body=None, timeout=REQUEST_TIMEOUT_S):
        """Send a change; `timeout` in seconds bounds the wait for the daemon's answer."""
        return _decode(self.request("POST", segments, query=query, body=body, timeout=timeout))

    def delete(self, *segments, query=None):
        """Delete an object."""
        return _decode(self.request("DELETE", segments, query=query))

    @contextlib.contextmanager
    def watch(self):
        """Yield a DaemonWatch of the daemon that answers now."""
        # Events of the daemon itself are rare: almost nothing is ever sent on this stream.
        target = _target(("events",), {"filters": json.dumps({"type": ["daemon"]})})
        connection = self._connect(REQUEST_TIMEOUT_S)
        stream = connection.sock
        try:
            with self._explained(f"GET {target}", REQUEST_TIMEOUT_S):
                connection.request("GET", target, headers={"Host": "docker"})
                answer = connection.getresponse()
            if answer.status >= FIRST_ERROR_STATUS:
                raise DockerError(_words(answer.read(MAX_ANSWER_BYTES)), answer.status)
            yield DaemonWatch(stream)
        finally:
            connection.close()

    def post_and_follow(self, *segments, query=None, headers=None, timeout=REQUEST_TIMEOUT_S):
        """Send a change and yield the messages that the daemon answers with, one JSON line each.

        `timeout` in seconds bounds the silence before each message, not the whole.
        """
        target = _target(segments, query)
        with self._answer("POST", target, headers=headers, timeout=timeout) as answer:
            for line in answer:
                yield json.loads(line)

    def request(
        self, method, segments, *, query=None, body=None, headers=None, timeout=REQUEST_TIMEOUT_S
    ):
        """Return the answer's bytes, or raise DockerError with the daemon's own words."""
        target = _target(segments, query)
        with self._answer(method, target, body=body, headers=headers, timeout=timeout) as answer:
            return answer.read(MAX_ANSWER_BYTES)

    @contextlib.contextmanager
    def _answer(self, method, target, *, body=None, headers=None, timeout):
        if method != "GET":
            self._forget()
        connection = self._connect(timeout)
        sent = dict(headers or {}, Host="docker")
        payload = None if body is None else json.dumps(body)
        if payload is not None:
            sent["Content-Type"] = "application/json"
        try:
            with self._explained(f"{method} {target}", timeout):
                connection.request(method, target, payload, sent)
                answer = connection.getresponse()
                if answer.status >= FIRST_ERROR_STATUS:
                    raise DockerError(_words(answer.read(MAX_ANSWER_BYTES)), answer.status)
                yield answer
        finally:
            connection.close()

    @contextlib.contextmanager
    def _explained(self, request, timeout):
        try:
            yield
        except socket.timeout as exc:
            self._lose_sight()
            raise DockerTimeout(
                f"the Docker daemon at {self.path} did not answer {request} within "
                f"{timeout:.0f} s; see whether it hangs (systemctl status docker)",
                seconds=timeout,
            ) from exc
        except (OSError, http.client.HTTPException) as exc:
            self._lose_sight()
            raise DockerError(
                f"the Docker daemon at {self.path} broke off {request}: {exc}"
            ) from exc

    def _connect(self, timeout):
        # A daemon that answered once and is gone now is most likely being restarted: nothing was
        # sent yet, so waiting for it is safe and spares the host a half-done switch.
        deadline = time.monotonic() + (RECONNECT_S if self._was_reached else 0)
        while True:
            connection = _UnixConnection(self.path, timeout)
            try:
                connection.connect()
            except OSError as exc:
                connection.close()
                self._lose_sight()
                if time.monotonic() >= deadline:
                    raise DockerError(_unreachable(self.path, exc)) from exc
                time.sleep(0.1)
            else:
                self._was_reached = True
                return connection


def _target(segments, query):
    path = "/" + "/".join(quote(segment, safe=":@") for segment in segments)
    return path + ("?" + urlencode(query) if query else "")


def _decode(data):
    return json.loads(data) if data[:1] in (b"{", b"[") else None


def _words(data):
    try:
        return json.loads(data)["message"]
    except (ValueError, KeyError, TypeError):
        return data[:500].decode("utf-8", "replace").strip() or "no explanation given"


def _unreachable(path, exc):
    if isinstance(exc, PermissionError):
        return (
            f"no right to use the Docker socket {path}; connect as root, use become, or add the "
            "user to the group docker"
        )
    return (
        f"no Docker daemon answers at {path} ({exc.strerror or exc}); start it or name the right "
        "socket"
    )
