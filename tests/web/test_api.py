# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may ask the API, what it shows, and how it refuses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.bridges import bridge_at_rest
from tests.support.installation import TOKEN
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import releases, runs
from webhook_bridge.web import api as api_routes
from webhook_bridge.web import create_app

V1, V2, V3 = (f"sha256:{digit * 64}" for digit in "123")
ROUTES = (
    "/apps",
    "/apps/shop",
    "/events",
    "/deliveries",
    "/deliveries/x",
    "/runs",
    "/runs/x",
    "/runs/x/log",
)


@pytest.fixture
def anonymous(bridge: Bridge) -> FlaskClient:
    return create_app(bridge).test_client()


@pytest.fixture(scope="module")
def guessing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """Whoever has no token changes nothing, so one bridge is enough for all of them."""
    with bridge_at_rest(tmp_path_factory.mktemp("guessing")) as made:
        yield create_app(made).test_client()


@pytest.mark.parametrize("route", [*ROUTES, "/nowhere"])
@pytest.mark.parametrize("token", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", "Bearer \xff"])
def test_nothing_is_told_without_the_token(guessing: FlaskClient, route: str, token: str) -> None:
    answer = guessing.get(f"/api/v1{route}", headers={"Authorization": token})

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json is not None
    assert set(answer.json) == {"error", "message"}


def test_without_a_configured_token_nobody_is_let_in(bridge: Bridge) -> None:
    bridge.settings = bridge.settings.model_copy(update={"api_tokens": ()})
    client = create_app(bridge).test_client()

    answer = client.get("/api/v1/apps", headers={"Authorization": "Bearer "})

    assert answer.status_code == 401


def test_a_token_in_the_url_is_not_looked_at(anonymous: FlaskClient) -> None:
    assert anonymous.get(f"/api/v1/apps?token={TOKEN}").status_code == 401


def test_an_app_that_was_never_deployed_says_so(api: FlaskClient) -> None:
    [app] = api.get("/api/v1/apps").json["apps"]

    assert (app["app"], app["state"], app["release"]) == ("shop", "never deployed", None)
    assert api.get("/api/v1/apps/shop").json == app


def test_an_app_shows_its_release_its_run_and_its_hosts(api: FlaskClient, run_id: str) -> None:
    app = api.get("/api/v1/apps/shop").json

    assert app["release"]["digest"] == V1
    assert app["last_run"]["id"] == run_id
    assert [one["host"] for one in app["outcomes"]] == ["h1"]


@pytest.mark.parametrize("path", ["/apps/none", "/deliveries/none", "/runs/none", "/runs/none/log"])
def test_what_is_not_there_is_named(api: FlaskClient, path: str) -> None:
    answer = api.get(f"/api/v1{path}")

    assert answer.status_code == 404
    assert answer.json["error"] == "not_found"
    assert "'none'" in answer.json["message"]


def test_a_delivery_is_shown_as_it_came(api: FlaskClient, run_id: str) -> None:
    [listed] = api.get("/api/v1/deliveries").json["deliveries"]

    shown = api.get(f"/api/v1/deliveries/{listed['id'][:8]}").json

    assert shown["body"] == "{}\\xff"
    assert shown["received_at"] == "1970-01-01T00:00:01.000+00:00"


def test_a_run_is_found_by_the_start_of_its_id_with_its_outcomes(
    api: FlaskClient, run_id: str
) -> None:
    run = api.get(f"/api/v1/runs/{run_id[:6]}").json

    assert (run["state"], run["reason"]) == ("failed", "h1: port taken")
    assert run["outcomes"][0]["log"] == ["a", "b"]


def test_runs_can_be_those_of_one_app(api: FlaskClient, run_id: str) -> None:
    assert len(api.get("/api/v1/runs?app=shop").json["runs"]) == 1
    assert api.get("/api/v1/runs?app=other").json["runs"] == []


def test_a_log_is_plain_text_that_no_browser_takes_for_a_page(
    api: FlaskClient, run_id: str
) -> None:
    answer = api.get(f"/api/v1/runs/{run_id}/log", buffered=True)

    assert answer.mimetype == "text/plain"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.data == b"TASK [Stage]\n\xff<script>\n"


def test_an_app_without_a_release_has_nothing_to_reconcile(api: FlaskClient) -> None:
    answer = api.post("/api/v1/apps/shop/reconcile")

    assert (answer.status_code, answer.json["error"]) == (409, "never_deployed")


def test_a_run_that_has_ended_cannot_be_canceled(api: FlaskClient, run_id: str) -> None:
    answer = api.post(f"/api/v1/runs/{run_id[:8]}/cancel")

    assert (answer.status_code, answer.json["error"]) == (409, "run_ended")


def test_a_run_that_is_canceled_names_who_wanted_it(api: FlaskClient, bridge: Bridge) -> None:
    with bridge.store.write() as connection:
        new = NewRelease("shop", "r/acme/shop", "latest", V1, "deploy", "me")
        release = releases.desire(connection, new, now=1.0)
        run = runs.start(connection, NewRun("shop", release.id, 1, 1, "deploy"), now=2.0)

    answer = api.post(f"/api/v1/runs/{run.id}/cancel")

    assert answer.status_code == 202
    assert (answer.json["run"]["state"], answer.json["run"]["canceled_by"]) == (
        "running",
        "token:api",
    )


def test_a_wrong_method_names_the_right_one(api: FlaskClient) -> None:
    answer = api.get("/api/v1/apps/shop/deploy")

    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert answer.json["error"] == "method_not_allowed"


def test_an_unexpected_error_tells_a_number_and_no_more(
    api: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_routes, "_app", lambda *_: 1 / 0)

    answer = api.get("/api/v1/apps/shop")

    assert answer.status_code == 500
    assert answer.json["error"] == "internal_error"
    assert "division" not in answer.text


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(["/hooks/", "/hooks/hub/", "/api/v1/", "/api/v1/apps/", "/api/v1/runs/", "/"]),
    st.text(max_size=20),
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS"]),
    st.binary(max_size=30),
)
def test_nothing_that_is_sent_is_an_error_of_ours(
    api: FlaskClient, start: str, path: str, method: str, body: bytes
) -> None:
    text = path.encode("utf-8", "replace").decode()

    # With the host in front: the test client would take what follows two slashes for one.
    url = f"http://localhost{start}{text}"
    answer = api.open(url, method=method, data=body, content_type="application/json")

    assert answer.status_code < 500
    if 300 <= answer.status_code < 400:
        assert answer.headers["Location"]
