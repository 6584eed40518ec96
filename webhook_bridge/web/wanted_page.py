# SPDX-License-Identifier: GPL-3.0-or-later
"""The page that somebody wanted before they had signed in: kept in a cookie until they have.

A sign-in link is made on the command line, which does not know where its user was going.
"""

from __future__ import annotations

from flask import Response, request

from webhook_bridge.web.next_page import FIRST_PAGE, page_of_ours
from webhook_bridge.web.session_cookie import cookie_name, set_cookie

_PURPOSE = "wanted"
# As long as a sign-in link is good.
_KEPT_S = 3600


def keep_wanted(response: Response, wanted: str) -> Response:
    """Have the browser keep where it wanted to go; what scripts fetch is no page to go to."""
    is_page = request.headers.get("Sec-Fetch-Dest", "document") == "document"
    ours = page_of_ours(wanted)
    if request.method != "GET" or not is_page or ours == FIRST_PAGE:
        return response
    return set_cookie(response, ours, max_age=_KEPT_S, purpose=_PURPOSE)


def wanted_page() -> str:
    """Return where the browser wanted to go: as the address says, else as it kept; else `/`."""
    named = request.args.get("next")
    return page_of_ours(request.cookies.get(cookie_name(_PURPOSE)) if named is None else named)


def forget_wanted(response: Response) -> Response:
    """Have the browser forget it."""
    if cookie_name(_PURPOSE) in request.cookies:
        set_cookie(response, "", max_age=0, purpose=_PURPOSE)
    return response
