# SPDX-License-Identifier: GPL-3.0-or-later
"""Where somebody goes after signing in: to a page of ours, whatever a link says."""

from __future__ import annotations

import re

from flask import current_app

# One slash, then nothing that a browser may take for another host: it reads \ as /, and drops
# tabs and line feeds (WHATWG URL, "relative slash state").
_PATH = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@%?-][A-Za-z0-9._~!$&'()*+,;=:@%?/-]*)?")
_NOT_PAGES = ("/sign-in", "/sign-out", "/api/", "/hooks/")
_LONGEST = 500


def page_of_ours(wanted: str | None) -> str:
    """Return the wanted path where it is a page here, else the first page."""
    ours = wanted is not None and len(wanted) <= _LONGEST and _PATH.fullmatch(wanted)
    return str(wanted) if ours and not str(wanted).startswith(_NOT_PAGES) else first_page()


def first_page() -> str:
    """Return the path of the page that comes first."""
    return "/" if current_app.url_map.bind("").test("/") else "/account"
