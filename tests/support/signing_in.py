# SPDX-License-Identifier: GPL-3.0-or-later
"""A bridge to sign in to, and browsers that do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.installation import Installation
from webhook_bridge.domain.events import WantedEvents
from webhook_bridge.domain.roles import Role
from webhook_bridge.operations import users
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import events
from webhook_bridge.web import create_app

ME = "cli:me@here"
HOST = "longshore.example"
HTTPS = f"https://{HOST}"
ELSEWHERE = "https://evil.example"


@contextmanager
def bridge_to_sign_in_to(installation: Installation, more: str = "") -> Iterator[Bridge]:
    """Yield one that is called longshore.example, behind a proxy at 10.0.0.1."""
    server = f'[server]\nurl = "{HTTPS}"\ntrusted_proxies = ["10.0.0.1"]'
    text = installation.file.read_text().replace("[server]", server, 1)
    installation.file.write_text(text + more)
    made = Bridge(installation.settings())
    yield made
    made.store.close()
    made._lock.release()


class Browser(FlaskClient):
    """A client that knows the bridge by one host."""

    host = HOST

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        if args and isinstance(args[0], str):
            kwargs.setdefault("base_url", f"http://{self.host}")
        return super().open(*args, **kwargs)


def browser_of(bridge: Bridge, *, host: str = HOST, **environ: str) -> Browser:
    """Return a browser that reached the bridge over HTTPS, through its proxy."""
    client = browser_without_proxy(bridge, host=host)
    client.environ_base |= {
        "REMOTE_ADDR": "10.0.0.1",
        "HTTP_X_FORWARDED_FOR": "192.0.2.7",
        "HTTP_X_FORWARDED_PROTO": "https",
        **environ,
    }
    return client


def browser_without_proxy(bridge: Bridge, *, host: str = HOST, **environ: str) -> Browser:
    """Return a browser that reached the bridge over plain HTTP."""
    app = create_app(bridge)
    app.test_client_class = Browser
    client = app.test_client()
    assert isinstance(client, Browser)
    client.host = host
    client.environ_base |= {"HTTP_ACCEPT": "text/html", "HTTP_USER_AGENT": "Firefox", **environ}
    return client


def link_for(bridge: Bridge, name: str = "alice", *apps: str, role: Role = "admin") -> str:
    """Add a user; return the path of the link that signs in."""
    secret = users.add_user(bridge.store, name, role=role, apps=apps, link_for=60.0, actor=ME)
    return f"/sign-in/link/{secret}"


def signed_in(bridge: Bridge, name: str = "alice", *apps: str, role: Role = "admin") -> Browser:
    """Return a browser in which a new user has signed in."""
    client = browser_of(bridge)
    answer = client.post(link_for(bridge, name, *apps, role=role))
    assert answer.status_code == 303, answer.text
    return client


def is_signed_in(client: FlaskClient) -> bool:
    """Say whether the browser sees the page that only those see who have signed in."""
    return client.get("/account").status_code == 200


def csrf_of(answer: TestResponse) -> str:
    """Return what the forms of a page show."""
    found = re.search('name="csrf" value="([^"]+)"', answer.text)
    assert found is not None, answer.text
    return found[1]


def happened(bridge: Bridge) -> list[tuple[str, str]]:
    """Return kind and actor of all events, the oldest first."""
    return [(kind, actor) for kind, actor, _ in told(bridge)]


def told(bridge: Bridge) -> list[tuple[str, str, dict[str, Any]]]:
    """Return kind, actor and data of all events, the oldest first."""
    with bridge.store.read() as connection:
        found = events.matching(connection, WantedEvents(after=0), limit=200)
    return [(one.kind, one.actor, dict(one.data)) for one in found]
