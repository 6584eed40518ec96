# SPDX-License-Identifier: GPL-3.0-or-later
"""Do an action once, however often it is sent: with the header `Idempotency-Key`.

After draft-ietf-httpapi-idempotency-key-header-07: the same request with the same key is answered
as the first one was, another request with it is 422, and one that comes while the first goes on is
409. A request that was refused has changed nothing, so its key may be sent again.
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from flask import Response, current_app, request
from werkzeug.exceptions import HTTPException

from webhook_bridge.domain.references import shown
from webhook_bridge.errors import NotFound, Refused, StoreUnavailable
from webhook_bridge.store import kept_answers
from webhook_bridge.store.kept_answers import KeptAnswer, Keyed
from webhook_bridge.web.callers import current_caller
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.errors import error_response

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
"""The header of an answer that was given before."""
KEPT_S = 24 * 3600.0
KEY_PATTERN = "^[A-Za-z0-9._:-]{1,200}$"
_KEY = re.compile(KEY_PATTERN.strip("^$"))
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_EXTENSION = "longshore.keys_under_way"
_SUCCESS = range(200, 300)
_log = logging.getLogger(__name__)


def once(act: Callable[[], Response]) -> Response:
    """Return the answer to this request, or the one that its first had; `act` does it."""
    if request.method in _READING or HEADER not in request.headers:
        return act()
    keyed = Keyed(current_caller().actor, _key(), _fingerprint())
    under_way = _under_way()
    if not under_way.begin(keyed):
        return _conflict("idempotency_key_in_use", "the first request with this key goes on")
    try:
        return _once(act, keyed)
    finally:
        under_way.end(keyed)


class _UnderWay:
    """The keys of the requests that this process does at the moment."""

    def __init__(self) -> None:
        self._keys: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def begin(self, keyed: Keyed) -> bool:
        """Note that it begins; return False where one with its key goes on."""
        key = keyed.caller, keyed.key
        with self._lock:
            is_first = key not in self._keys
            self._keys.add(key)
        return is_first

    def end(self, keyed: Keyed) -> None:
        with self._lock:
            self._keys.discard((keyed.caller, keyed.key))


def _under_way() -> _UnderWay:
    found: _UnderWay = current_app.extensions.setdefault(_EXTENSION, _UnderWay())
    return found


def _key() -> str:
    """Return the key; a quoted one, as the draft writes it, is the same as one without quotes."""
    sent = request.headers[HEADER].strip()
    key = sent[1:-1] if len(sent) > 1 and sent[0] == sent[-1] == '"' else sent
    if not _KEY.fullmatch(key):
        allowed = "must be 1 to 200 letters, digits, dots, colons, hyphens or underscores"
        raise Refused("malformed", f"header: {HEADER}: {shown(sent)} {allowed}, such as a UUID")
    return key


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for part in (request.method.encode(), request.full_path.encode(), request.get_data()):
        digest.update(len(part).to_bytes(8) + part)
    return digest.hexdigest()


def _once(act: Callable[[], Response], keyed: Keyed) -> Response:
    now, store = time.time(), current_bridge().store
    with store.write() as connection:
        first = kept_answers.begin(connection, keyed, now=now, after=now - KEPT_S)
    if first is not None:
        return _repeated(first, keyed)
    try:
        response = act()
    except (NotFound, Refused, HTTPException, StoreUnavailable):
        _forget(keyed)
        raise
    _settle(keyed, response)
    return response


def _repeated(first: KeptAnswer, keyed: Keyed) -> Response:
    if first.fingerprint != keyed.fingerprint:
        why = f"header: {HEADER}: {shown(keyed.key)} was sent with another request"
        return error_response(422, "idempotency_key_reused", f"{why}; use a new key for this one")
    if first.status is None:
        return _conflict(
            "idempotency_outcome_unknown",
            "the bridge was cut off while it did the first request with this key, so it may be "
            "done or not: look at the events, and use a new key",
        )
    response = Response(first.body, status=first.status, mimetype="application/json")
    response.headers[REPLAYED] = "true"
    return response


def _conflict(code: str, why: str) -> Response:
    return error_response(409, code, f"header: {HEADER}: {why}")


def _settle(keyed: Keyed, response: Response) -> None:
    """Keep the answer; that it cannot be kept takes nothing from what was done."""
    if response.status_code not in _SUCCESS:
        _forget(keyed)
        return
    try:
        with current_bridge().store.write() as connection:
            kept_answers.keep(
                connection, keyed, status=response.status_code, body=response.get_data()
            )
    except StoreUnavailable as error:
        _log.error("the answer to a request with a key could not be kept: %s", error)


def _forget(keyed: Keyed) -> None:
    # Where the store is away, the key stays taken: a repeat is refused, and nothing is done twice.
    with suppress(StoreUnavailable), current_bridge().store.write() as connection:
        kept_answers.forget(connection, keyed)
