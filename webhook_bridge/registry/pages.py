# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a list goes on, as registries say it (OCI distribution specification 1.1, RFC 8288)."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

_NEXT = re.compile(r"<([^<>]{1,2000})>\s*;[^,]*\brel\s*=\s*\"?next\b", re.IGNORECASE)
_MOST_PARAMETERS = 10


def next_page(link: str | None) -> dict[str, str]:
    """Return the query of the next page, empty where there is none.

    Only the query is taken: the host and the path stay ours, so that no answer sends our
    credentials elsewhere. Registries differ in its parameters (last, next_page, next).
    """
    match = _NEXT.search(link or "")
    if match is None:
        return {}
    try:
        pairs = parse_qsl(urlsplit(match[1]).query, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        return {}
    return dict(pairs)
