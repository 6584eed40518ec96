# SPDX-License-Identifier: GPL-3.0-or-later
"""What is answered of an app that left the apps file while its containers go on running."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.support.visiting import visiting
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import host_states, releases
from webhook_bridge.web import create_app

DIGEST = f"sha256:{'1' * 64}"
WHERE = "app blog has left the apps file and goes on running on h1 (blog-1): longshore remove blog"


@pytest.fixture
def orphaned(bridge: Bridge) -> Bridge:
    with bridge.store.write() as connection:
        new = NewRelease("blog", "r/acme/blog", "latest", DIGEST, "deploy", "me")
        releases.desire(connection, new, now=1.0)
        state = HostState("blog", "h1", digest=DIGEST, container="blog-1")
        host_states.save(connection, [state])
    return bridge


@pytest.mark.usefixtures("orphaned")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/tags"),
        ("GET", "/plan"),
        ("GET", "/releases"),
        ("POST", "/deploy"),
        ("POST", "/rollback"),
        ("POST", "/holds"),
        ("DELETE", "/holds/1111"),
        ("POST", "/reconcile"),
        ("POST", "/inventory/confirm"),
    ],
)
def test_the_api_says_where_an_app_that_left_the_file_still_runs(
    api: FlaskClient, method: str, path: str
) -> None:
    answer = api.open(f"/api/v1/apps/blog{path}", method=method)

    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["message"].startswith(WHERE)


@pytest.mark.usefixtures("orphaned")
@pytest.mark.parametrize("path", ["", "/deploy", "/rollback", "/reconcile", "/hold", "/unhold"])
def test_a_page_says_where_an_app_that_left_the_file_still_runs(bridge: Bridge, path: str) -> None:
    answer = visiting(create_app(bridge)).get(f"/apps/blog{path}")

    assert answer.status_code == 404
    assert WHERE in answer.text


def test_the_api_names_the_apps_that_are_declared_where_it_never_heard_of_one(
    api: FlaskClient,
) -> None:
    answer = api.get("/api/v1/apps/nosuch")

    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["message"].endswith("declared: shop")
