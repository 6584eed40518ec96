# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may send large bodies: decided by the head of a request, before any of it is read."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

from flask import Flask

from webhook_bridge.domain.inbound import LARGEST_BODY, LARGEST_PROVEN_BODY, InboundRequest
from webhook_bridge.receiving.reception import HookRequest, Reception
from webhook_bridge.server.strict_http import BodyLimit
from webhook_bridge.web.current import RECEPTION

_HOOK = re.compile("/hooks/([^/]+)(?:(/)([^/]*))?")


def body_limit(app: Flask) -> BodyLimit:
    """Return the limit for the hooks of an application; its reception knows their senders."""
    reception: Reception = app.extensions[RECEPTION]

    def is_proven(path: str, headers: Mapping[str, str]) -> bool:
        request = _head(path, headers)
        return request is not None and reception.is_proven_by_head(request)

    def is_signed(path: str) -> bool:
        return path.startswith("/hooks/") and reception.reads_before_proof()

    return BodyLimit(
        largest=LARGEST_BODY,
        proven=LARGEST_PROVEN_BODY,
        is_proven=is_proven,
        is_signed=is_signed,
    )


def _head(path: str, headers: Mapping[str, str]) -> HookRequest | None:
    """Return the head of a request to a hook as its reception takes it; None for any other."""
    found = _HOOK.fullmatch(path)
    if found is None:
        return None
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    received = InboundRequest(named, b"", time.time(), (found[3] or "").encode("latin-1"))
    return HookRequest(found[1], bool(found[2]), received, "", "")
