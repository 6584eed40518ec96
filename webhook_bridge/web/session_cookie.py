# SPDX-License-Identifier: GPL-3.0-or-later
"""The cookie that shows a session, and the session that it shows.

Over HTTPS its name begins with `__Host-`: browsers take such a cookie only from this host, over
HTTPS, for every path (RFC 6265bis, 4.1.3.2). On loopback there is no HTTPS, and not every browser
makes an exception for it there, so the cookie has another name; over HTTPS that one is not read.

SameSite is Lax: with Strict, a link in a chat to a run would show the sign-in page to somebody who
has signed in, and so would the way back from a provider. A GET changes nothing, and all else has to
show a token of the session as well (forgery.py).
"""

from __future__ import annotations

import time

from flask import Response, g, request

from webhook_bridge.domain.users import Session
from webhook_bridge.operations.sign_in_secrets import hash_of
from webhook_bridge.operations.signing_in import SignedIn
from webhook_bridge.receiving.answers import PROVEN
from webhook_bridge.store import sessions
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.proxy_user import current_proof
from webhook_bridge.web.transport import insecure_reason

_LONGEST_ID = 100


def cookie_name(purpose: str = "session") -> str:
    """Return the name of a cookie of ours on this connection."""
    return f"__Host-longshore-{purpose}" if request.is_secure else f"longshore-{purpose}"


def sent_session_id() -> str | None:
    """Return the id that the browser sent; None for none, and over a connection without TLS."""
    if insecure_reason() is not None:
        return None
    sent = request.cookies.get(cookie_name(), "")
    return sent if 0 < len(sent) <= _LONGEST_ID else None


def current_session() -> Session | None:
    """Return the session of this request, if it has one that is good."""
    if "session" not in g:
        g.session = _session()
    found: Session | None = g.session
    return found


def _session() -> Session | None:
    sent, bridge, now = sent_session_id(), current_bridge(), time.time()
    if sent is None:
        return None
    with bridge.store.read() as connection:
        found = sessions.get(connection, hash_of(sent))
    if found is None or not _is_good(found, now=now):
        return None
    bridge.last_used.note_session(found.id_hash, now=now)
    g.actor = found.user.actor
    request.environ[PROVEN] = True  # the connections of those who are known are kept
    return found


def _is_good(found: Session, *, now: float) -> bool:
    bridge = current_bridge()
    used = bridge.last_used.of_session(found.id_hash, found.used_at)
    idle = bridge.settings.auth.session_idle
    if used + idle < now or not found.is_good(now=now, idle=float("inf")):
        return False
    # One that a proxy vouched for holds as long as the proxy says the same.
    return found.method != "proxy" or found.proof == current_proof()


def give(response: Response, begun: SignedIn) -> Response:
    """Hand a new session to the browser."""
    left = round(begun.session.expires_at - begun.session.created_at)
    return set_cookie(response, begun.session_id, max_age=left)


def take_away(response: Response) -> Response:
    """Have the browser forget its session."""
    return set_cookie(response, "", max_age=0)


def set_cookie(
    response: Response, value: str, *, max_age: int, purpose: str = "session"
) -> Response:
    """Set a cookie that no script reads, and no other host sees."""
    response.set_cookie(
        cookie_name(purpose),
        value,
        max_age=max_age,
        path="/",
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return response
