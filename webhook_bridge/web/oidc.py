# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign in at an OpenID Connect provider: there, and back.

What the way back has to show is in a cookie of the browser that went, signed by this process, good
for ten minutes and once: so a stranger's try writes nothing here, and nobody is signed in by a link
that somebody else sent (RFC 9700, 4.7).
"""

from __future__ import annotations

import hmac
import logging
import secrets
import threading
from collections import OrderedDict
from dataclasses import asdict
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, redirect, request
from itsdangerous import BadData, URLSafeTimedSerializer

from webhook_bridge.authentication.openid_connect import (
    Begun,
    NotProven,
    ProviderTrouble,
    begin,
    finish,
)
from webhook_bridge.domain.references import shown
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.next_page import page_of_ours
from webhook_bridge.web.provider import claimed_by, conversation, provider_of
from webhook_bridge.web.questions import takes_anything
from webhook_bridge.web.session_cookie import cookie_name, set_cookie
from webhook_bridge.web.sign_in import demand_privacy, page, refused, sign_in_claimed, to

blueprint = Blueprint("oidc", __name__)
blueprint.before_request(demand_privacy)

TRIES = "longshore.oidc"
_CALLBACK = "/sign-in/oidc/callback"
_GOOD_FOR_S = 600
_MOST_USED = 4096
_log = logging.getLogger(__name__)


class Tries:
    """Signs what a browser keeps while it is away, and takes each back once."""

    def __init__(self) -> None:
        self._signer = URLSafeTimedSerializer(secrets.token_bytes(32), salt="oidc")
        self._lock = threading.Lock()
        self._used: OrderedDict[str, None] = OrderedDict()

    def sealed(self, begun: Begun, wanted: str) -> str:
        """Return a try as its browser keeps it; the address that it went to is not needed."""
        return str(self._signer.dumps({**asdict(begun), "url": "", "next": wanted}))

    def taken_back(self, sealed: str, state: str) -> tuple[Begun, str] | None:
        """Return a try that this state belongs to; None for another, an old or a used one."""
        try:
            kept: dict[str, Any] = self._signer.loads(sealed, max_age=_GOOD_FOR_S)
        except BadData:
            return None
        if not hmac.compare_digest(kept["state"].encode(), state.encode("utf-8", "replace")):
            return None
        wanted = kept.pop("next")
        return (Begun(**kept), wanted) if self._is_first(state) else None

    def _is_first(self, state: str) -> bool:
        with self._lock:
            if state in self._used:
                return False
            self._used[state] = None
            while len(self._used) > _MOST_USED:
                self._used.popitem(last=False)
            return True


@blueprint.get("/sign-in/oidc")
@takes_anything
def leave_for_provider() -> Response:
    """Send a browser to the provider."""
    wanted = page_of_ours(request.args.get("next"))
    server = current_bridge().settings.server
    provider = provider_of(current_bridge().settings.auth)
    if provider is None:
        return to("/sign-in")
    if request.host != urlsplit(server.public_url).netloc:
        # The provider sends browsers back there, and this name's cookies stay here.
        return cast("Response", redirect(f"{server.public_url}/sign-in", 303))
    try:
        with conversation():
            begun = begin(provider, _redirect_uri())
    except ProviderTrouble as error:
        return _trouble(error)
    away = cast("Response", redirect(begun.url, 303))
    return set_cookie(away, _tries().sealed(begun, wanted), max_age=_GOOD_FOR_S, purpose="oidc")


@blueprint.get(_CALLBACK)
@takes_anything
def come_back() -> Response:
    """Take in what the provider says of whoever comes back."""
    kept = _tries().taken_back(
        request.cookies.get(cookie_name("oidc"), ""), request.args.get("state", "")
    )
    if kept is None:
        why = "this sign-in did not begin in this browser, within the last ten minutes; begin again"
        return refused(why)
    return set_cookie(_finished(*kept), "", max_age=0, purpose="oidc")


def _finished(begun: Begun, wanted: str) -> Response:
    auth = current_bridge().settings.auth
    provider, table = provider_of(auth), auth.oidc
    if provider is None or table is None:
        return to("/sign-in")
    if request.args.get("iss", provider.issuer) != provider.issuer:
        return refused("the answer is from another provider than the one that was asked")
    if "error" in request.args:
        return refused(f"the provider says {shown(request.args['error'])}")
    try:
        with conversation():
            person = finish(provider, _redirect_uri(), request.args.get("code", ""), begun)
    except ProviderTrouble as error:
        return _trouble(error)
    except NotProven as error:
        _log.warning("OpenID Connect: %s", error)
        return refused(str(error))
    return sign_in_claimed(claimed_by(person, table), wanted)


def _trouble(error: ProviderTrouble) -> Response:
    """Return the page for a provider that is away; the log says more than a stranger needs."""
    _log.error("OpenID Connect: %s", error)
    response = page("refused", 503, why="the provider cannot be asked now; try again in a minute")
    response.headers["Retry-After"] = "30"
    return response


def _redirect_uri() -> str:
    """Return the address that the provider knows: from the settings, never from the request."""
    return f"{current_bridge().settings.server.public_url}{_CALLBACK}"


def _tries() -> Tries:
    return cast("Tries", current_app.extensions[TRIES])
