# SPDX-License-Identifier: GPL-3.0-or-later
"""Do an action once, however often it is sent: with the header `Idempotency-Key`.

After draft-ietf-httpapi-idempotency-key-header-07: the same request with the same key is answered
as the first one was, another request with it is 422, and one that comes while the first goes on is
409. A request that was refused has changed nothing, so its key may be sent again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from flask import Response, request

from webhook_bridge.domain.references import shown
from webhook_bridge.errors import Refused
from webhook_bridge.store.kept_answers import KeptAnswer, Keyed
from webhook_bridge.web.callers import current_caller
from webhook_bridge.web.doing_once import Answer, Doing, StillUnderWay, do_once
from webhook_bridge.web.errors import error_response

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
"""The header of an answer that was given before."""
KEY_PATTERN = "^[A-Za-z0-9._:-]{1,200}$"
_KEY = re.compile(KEY_PATTERN.strip("^$"))
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_SUCCESS = range(200, 300)


def once(act: Callable[[], Response]) -> Response:
    """Return the answer to this request, or the one that its first had; `act` does it."""
    if request.method in _READING or HEADER not in request.headers:
        return act()
    keyed = Keyed(current_caller().actor, _key(), _fingerprint())
    try:
        return do_once(Doing(keyed), act, kept_of=_kept, repeat=lambda one: _repeated(one, keyed))
    except StillUnderWay:
        return _conflict("idempotency_key_in_use", "the first request with this key goes on")


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


def _kept(response: Response) -> Answer | None:
    if response.status_code not in _SUCCESS:
        return None
    return Answer(response.status_code, response.get_data())


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
