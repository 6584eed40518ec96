# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge's own server with its pages, in this process, with visitors who need not sign in."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask, request

from tests.support.installation import Installation
from webhook_bridge.errors import StoreUnavailable
from webhook_bridge.server import serve as server_module
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.web import create_app
from webhook_bridge.web.visitors import VISITOR, Visitor, signed_in_visitor

WHO = "X-Visitor"
"""The header by which a browser of a test says who it is: an admin where it says nothing."""
TESTS_OWN = frozenset({"broken", "store_away"})
_NOBODY = "http://127.0.0.1:1"


@contextmanager
def serving_pages(
    folder: Path, *apps: str, registry: str = "127.0.0.1:1"
) -> Iterator[tuple[str, Bridge]]:
    """Serve a bridge that does no work; yields its address, and the bridge."""
    with serving_app(folder, *apps, registry=registry) as (url, bridge, _):
        yield url, bridge


@contextmanager
def serving_app(
    folder: Path, *apps: str, registry: str = "127.0.0.1:1"
) -> Iterator[tuple[str, Bridge, Flask]]:
    """Serve one as `serving_pages` does; yields its application, too.

    Its provider of OpenID Connect and the registry of the app blog are away.
    """
    installation = Installation(folder, registry=registry)
    installation.write_app(*apps)
    _without_registry(installation, "blog")
    _with_provider(installation)
    settings = installation.settings()
    bridge = Bridge(settings)
    app = create_app(bridge)
    app.extensions[VISITOR] = _visitor
    app.add_url_rule("/broken", "broken", _break)
    app.add_url_rule("/store-away", "store_away", _lose_store)
    server = server_module.listening(app, settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield installation.url, bridge, app
    finally:
        server.close()
        thread.join(60)
        bridge.store.close()
        bridge._lock.release()


def _visitor() -> Visitor | None:
    who = request.headers.get(WHO, "admin")
    if who in ("admin", "reader"):
        return Visitor("ann", "admin" if who == "admin" else "read")
    return signed_in_visitor()


def _without_registry(installation: Installation, name: str) -> None:
    declared = json.loads(installation.apps_file.read_text())
    if name in declared["apps"]:
        declared["apps"][name] = {**declared["apps"][name], "image": "127.0.0.1:1/acme/blog"}
    installation.apps_file.write_text(json.dumps(declared))


def _with_provider(installation: Installation) -> None:
    secret = installation.folder / "client-secret"
    secret.touch(mode=0o600)
    secret.write_text("secret-of-the-client-0123456789")
    text = installation.file.read_text()
    text = text.replace("[server]", f'[server]\nurl = "{installation.url}"', 1)
    table = f"""
    [auth.oidc]
    issuer = "{_NOBODY}"
    client_id = "longshore"
    client_secret_file = "{secret}"
    """
    installation.file.write_text(text + table)


def _break() -> str:
    raise RuntimeError("broken on purpose")


def _lose_store() -> str:
    raise StoreUnavailable("away on purpose")
