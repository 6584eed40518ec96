# SPDX-License-Identifier: GPL-3.0-or-later
"""Where somebody goes after signing in: to a page of ours, whatever a link says."""

from __future__ import annotations

import re

# One slash, then nothing that a browser may take for another host: it reads \ as /, and drops
# tabs and line feeds (WHATWG URL, "relative slash state").
_PATH = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@%?-][A-Za-z0-9._~!$&'()*+,;=:@%?/-]*)?")
_NOT_PAGES = ("/sign-in", "/sign-out", "/api/", "/hooks/")
_LONGEST = 500
FIRST_PAGE = "/"


def page_of_ours(wanted: str | None) -> str:
    """Return the wanted path where it is a page here, else the first page."""
    ours = wanted is not None and len(wanted) <= _LONGEST and _PATH.fullmatch(wanted)
    return str(wanted) if ours and not str(wanted).startswith(_NOT_PAGES) else FIRST_PAGE
