# SPDX-License-Identifier: GPL-3.0-or-later
"""Let no other site's page do something here in the name of who looks at it.

A browser says itself where a request comes from: in `Sec-Fetch-Site`, which it sends to HTTPS and
loopback, else in `Origin`. Whoever has signed in shows besides that the form was one of ours.
What programs call shows a secret of its own that no browser adds by itself, and is not looked at.
"""

from __future__ import annotations

from flask import Response, request

from webhook_bridge.authentication.comparison import secret_matches
from webhook_bridge.web.bodies import whole_body
from webhook_bridge.web.errors import error_response
from webhook_bridge.web.session_cookie import current_session
from webhook_bridge.web.transport import own_origin

FIELD = "csrf"
_HEADER = "X-CSRF-Token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PROGRAMS = ("/hooks/", "/api/")


def demand_own_form() -> Response | None:
    """Return the answer to what another site sent; None to all else."""
    if request.method in _SAFE or request.path.startswith(_PROGRAMS):
        return None
    why = _foreign() or _without_token()
    return None if why is None else error_response(403, "cross_site", why)


def _foreign() -> str | None:
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        ours = site in ("same-origin", "none")
    else:
        ours = origin is None or origin.lower() == own_origin()
    return None if ours else "this came from a page of another site: open ours, and do it there"


def _without_token() -> str | None:
    session = current_session()
    if session is None:
        return None
    whole_body()
    sent = request.headers.get(_HEADER) or request.form.get(FIELD, "")
    if secret_matches(sent.encode("utf-8", "surrogateescape"), [session.csrf.encode()]):
        return None
    return "this form is not of your present session: load the page again, and send it once more"
