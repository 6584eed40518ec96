# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign in by a link that the command line made, or because a proxy says who asks; sign out.

Looking at a link uses nothing up: mail programs and chats fetch what is sent through them. The
button on its page does.
"""

from __future__ import annotations

import time
from typing import cast

from flask import Blueprint, Response, redirect, render_template, request

from webhook_bridge.operations.signing_in import (
    Browser,
    Claimed,
    SignedIn,
    SignInRefused,
    link_of,
    sign_in_as,
    sign_in_by_link,
    sign_out,
)
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.next_page import page_of_ours
from webhook_bridge.web.provider import way_out
from webhook_bridge.web.proxy_user import claimed_by_proxy
from webhook_bridge.web.questions import takes_anything
from webhook_bridge.web.session_cookie import (
    current_session,
    give,
    sent_session_id,
    take_away,
)
from webhook_bridge.web.strangers import current_strangers
from webhook_bridge.web.transport import insecure_reason, own_origin
from webhook_bridge.web.wanted_page import forget_wanted, keep_wanted, wanted_page

blueprint = Blueprint("sign_in", __name__)


@blueprint.before_request
def demand_privacy() -> Response | None:
    """Return the page that says why nobody can sign in here; None over a safe connection."""
    reason = insecure_reason()
    return None if reason is None else page("insecure", 403, reason=reason)


@blueprint.after_request
def hide_secret(response: Response) -> Response:
    """Keep a link out of the Referer of what its page loads, and so out of a proxy's log."""
    if request.path.startswith("/sign-in/link/"):
        # The origin alone: with no-referrer, browsers send "Origin: null" with our own form.
        response.headers["Referrer-Policy"] = "strict-origin"
    return response


@blueprint.get("/sign-in")
@takes_anything
def choose() -> Response:
    """Show how to sign in."""
    wanted = page_of_ours(request.args.get("next"))
    if current_session() is not None:
        return to(wanted)
    if claimed_by_proxy() is not None:
        return by_proxy()
    shown = page("choose", 200, oidc=current_bridge().settings.auth.oidc, next=wanted)
    return keep_wanted(shown, wanted)


@blueprint.get("/sign-in/link/<secret>")
@takes_anything
def show_link(secret: str) -> Response:
    """Show whom a link signs in, and the button that does."""
    link = link_of(current_bridge().store, secret)
    problem = "it is not known" if link is None else link.problem(now=time.time())
    if link is None or problem:
        return refused(f"this link does not sign in: {problem}")
    return page("link", 200, name=link.user.name)


@blueprint.post("/sign-in/link/<secret>")
@takes_anything
def use_link(secret: str) -> Response:
    """Use a link up, and begin a session."""
    misled = _misled()
    if misled is not None:
        return page("insecure", 403, reason=misled)
    bridge = current_bridge()
    age = bridge.settings.auth.session_age
    try:
        begun = sign_in_by_link(bridge.store, secret, browser(), age=age)
    except SignInRefused as error:
        link = link_of(bridge.store, secret)
        if link is not None:
            current_strangers().tell(link.user.name, method="link", why=str(error))
        return refused(str(error))
    return forget_wanted(signed_in(begun, wanted_page()))


@blueprint.get("/sign-in/proxy")
@takes_anything
def by_proxy() -> Response:
    """Begin a session for whom the proxy names."""
    claimed = claimed_by_proxy()
    if claimed is None:
        return refused("no proxy that this bridge trusts says who you are")
    return sign_in_claimed(claimed, page_of_ours(request.args.get("next")))


@blueprint.post("/sign-out")
@takes_anything
def leave() -> Response:
    """End the session; at a provider, somebody is still signed in."""
    session = current_session()
    if session is None:
        return take_away(page("signed_out", 200, way_out=None))
    sign_out(current_bridge().store, session)
    # A link: where a form leads, even by a redirect, is only what form-action of our policy has.
    return take_away(page("signed_out", 200, way_out=way_out(session)))


def sign_in_claimed(claimed: Claimed, wanted: str) -> Response:
    """Begin a session for somebody whom an issuer vouches for, and show the page that they want."""
    bridge = current_bridge()
    try:
        begun = sign_in_as(bridge.store, claimed, browser(), age=bridge.settings.auth.session_age)
    except SignInRefused as error:
        current_strangers().tell(claimed.name, method=claimed.method, why=str(error))
        return refused(str(error))
    return signed_in(begun, wanted)


def signed_in(begun: SignedIn, wanted: str) -> Response:
    """Hand the session over and go on; what is next is asked for by the browser anew."""
    return give(to(wanted), begun)


def browser() -> Browser:
    """Return what asks."""
    agent = request.headers.get("User-Agent", "")
    return Browser(request.remote_addr or "", agent, sent_session_id())


def refused(why: str) -> Response:
    """Return the page for somebody who cannot sign in."""
    wait = current_strangers().refuse(why)
    if not wait:
        return page("refused", 403, why=why)
    response = page("refused", 429, why=f"too many tries: wait {wait} s before the next")
    response.headers["Retry-After"] = str(wait)
    return response


def to(path: str) -> Response:
    """Return the way to another page of ours; after a form it is asked for by GET."""
    return cast("Response", redirect(path, 303))


def page(name: str, status: int, /, **values: object) -> Response:
    """Return one of the pages for signing in."""
    text = render_template(f"sign_in/{name}.html", **values)
    return Response(text, status, mimetype="text/html")


def _misled() -> str | None:
    """Return why this is not the machine that the browser believes to speak with.

    A proxy that hands requests on without a word looks like a browser on this machine; the browser
    says where it sent the form.
    """
    origin = request.headers.get("Origin")
    if origin is None or origin.lower() == own_origin():
        return None
    return (
        f"Your browser sent this to {origin}, and it arrived for {own_origin()}: a proxy between "
        "does not pass on how you reached it. Have it send Host, X-Forwarded-For and "
        "X-Forwarded-Proto (see TLS in docs/install.md), and name it in server.trusted_proxies."
    )
