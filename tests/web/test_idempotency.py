# SPDX-License-Identifier: GPL-3.0-or-later
"""An action that is sent with a key is done once."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.installation import TOKEN
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.errors import StoreUnavailable
from webhook_bridge.operations import redelivery, tokens
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.service.pruning import Pruning
from webhook_bridge.store import deliveries, kept_answers, releases
from webhook_bridge.web import api as api_routes
from webhook_bridge.web import create_app, delivery_api

KEY = {"Idempotency-Key": "0b7c1d0e-6a53"}


@pytest.fixture
def delivery(bridge: Bridge) -> str:
    with bridge.store.write() as connection:
        new = NewDelivery("hub", "dockerhub", "::1", {}, b"{}", time.time())
        return deliveries.add(connection, new)


def deploy(client: FlaskClient, key: str = "k1", **sent: Any) -> TestResponse:
    return client.post("/api/v1/apps/shop/deploy", headers={"Idempotency-Key": key}, **sent)


def received(bridge: Bridge) -> int:
    with bridge.store.read() as connection:
        return len(deliveries.latest(connection, limit=9))


def deployed(bridge: Bridge) -> int:
    with bridge.store.read() as connection:
        return len(releases.latest(connection, "shop", limit=9))


def test_what_is_redelivered_twice_with_one_key_is_received_once(
    api: FlaskClient, bridge: Bridge, delivery: str
) -> None:
    url = f"/api/v1/deliveries/{delivery}/redeliver"

    first, second = api.post(url, headers=KEY), api.post(url, headers=KEY)

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json == second.json
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert received(bridge) == 2


def test_without_a_key_it_is_done_each_time(
    api: FlaskClient, bridge: Bridge, delivery: str
) -> None:
    url = f"/api/v1/deliveries/{delivery}/redeliver"

    assert api.post(url).json != api.post(url).json
    assert received(bridge) == 3


def test_a_quoted_key_is_the_key_in_the_quotes(api: FlaskClient, bridge: Bridge) -> None:
    assert deploy(api, "k1").json == deploy(api, '"k1"').json
    assert deployed(bridge) == 1


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("apps/shop/deploy", {"json": {"tag": "2.0"}}),
        ("apps/shop/rollback", {}),
        ("apps/shop/reconcile", {}),
    ],
)
def test_a_key_that_was_sent_with_another_request_is_refused(
    api: FlaskClient, bridge: Bridge, path: str, sent: dict[str, Any]
) -> None:
    deploy(api, "k1")

    answer = api.post(f"/api/v1/{path}", headers={"Idempotency-Key": "k1"}, **sent)

    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["error"] == "idempotency_key_reused"
    assert "'k1' was sent with another request" in answer.json["message"]
    assert deployed(bridge) == 1


def test_a_query_is_part_of_the_request(api: FlaskClient, bridge: Bridge, delivery: str) -> None:
    url = f"/api/v1/deliveries/{delivery}/redeliver"

    assert api.post(f"{url}?dry_run=1", headers=KEY).status_code == 200
    assert api.post(url, headers=KEY).status_code == 422
    assert received(bridge) == 1


@pytest.mark.parametrize("key", ["", '""', "a b", "ä", "x" * 201, '"', "a,b"])
def test_a_key_that_is_none_is_named_and_nothing_is_done(
    api: FlaskClient, bridge: Bridge, key: str
) -> None:
    answer = deploy(api, key)

    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["message"].startswith("header: Idempotency-Key: ")
    assert deployed(bridge) == 0


def test_what_was_refused_may_be_sent_again_with_its_key(api: FlaskClient, bridge: Bridge) -> None:
    assert deploy(api, "k1", json={"tag": "none"}).status_code == 409
    assert deploy(api, "k1").status_code == 202
    assert deployed(bridge) == 1


def test_a_key_of_another_caller_is_another_key(api: FlaskClient, bridge: Bridge) -> None:
    made = {"scope": "operate", "apps": (), "good_for": 60.0, "owner": None, "actor": "cli:me@here"}
    secret, _ = tokens.create_token(bridge.store, "ci", **made)
    other = create_app(bridge).test_client()
    other.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"

    assert deploy(api, "k1").json != deploy(other, "k1").json
    assert deployed(bridge) == 2


def test_a_key_is_forgotten_after_a_day(
    api: FlaskClient, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = deploy(api, "k1")
    with bridge.store.write() as connection:
        connection.exec_driver_sql("UPDATE kept_answer SET began_at = began_at - 86401")

    assert deploy(api, "k1").json != first.json
    assert deployed(bridge) == 2


def test_what_is_a_day_old_and_what_is_too_much_is_removed(
    api: FlaskClient, bridge: Bridge
) -> None:
    deploy(api, "k1")
    deploy(api, "k2")
    with bridge.store.write() as connection:
        connection.exec_driver_sql(
            "UPDATE kept_answer SET began_at = began_at - 86401 WHERE key = 'k1'"
        )
    Pruning(bridge.store, bridge.settings.state_dir, bridge.settings.retention).prune(
        now=time.time()
    )

    with bridge.store.write() as connection:
        assert kept_answers.prune(connection, after=0.0, most=1) == 0
        assert kept_answers.prune(connection, after=0.0, most=0) == 1


def test_of_two_at_the_same_time_one_is_done_and_the_other_is_refused(
    bridge: Bridge, delivery: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(bridge)
    in_it, go_on = threading.Event(), threading.Event()
    redeliver = redelivery.redeliver

    def slow(*arguments: Any, **named: Any) -> str:
        in_it.set()
        assert go_on.wait(30)
        return redeliver(*arguments, **named)

    monkeypatch.setattr(delivery_api.redelivery, "redeliver", slow)
    answers: list[TestResponse] = []
    headers = {"Authorization": f"Bearer {TOKEN}", **KEY}
    url = f"/api/v1/deliveries/{delivery}/redeliver"
    first = threading.Thread(
        target=lambda: answers.append(app.test_client().post(url, headers=headers))
    )
    first.start()
    assert in_it.wait(30)

    second = app.test_client().post(url, headers=headers)
    go_on.set()
    first.join(30)

    assert second.status_code == 409
    assert second.json is not None
    assert second.json["error"] == "idempotency_key_in_use"
    assert [one.status_code for one in answers] == [202]
    assert received(bridge) == 2
    assert app.test_client().post(url, headers=headers).json == answers[0].json


def test_a_request_that_was_cut_off_is_not_done_a_second_time(
    api: FlaskClient, bridge: Bridge
) -> None:
    deploy(api, "k1")
    with bridge.store.write() as connection:
        connection.exec_driver_sql("UPDATE kept_answer SET status = NULL, body = NULL")

    answer = deploy(create_client(bridge), "k1")

    assert answer.status_code == 409
    assert answer.json is not None
    assert answer.json["error"] == "idempotency_outcome_unknown"
    assert deployed(bridge) == 1


def create_client(bridge: Bridge) -> FlaskClient:
    """Return a client of an application that has just started."""
    client = create_app(bridge).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    return client


def test_of_an_error_of_ours_nobody_knows_how_far_it_came(
    api: FlaskClient, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(api_routes.deploy, "deploy", lambda *_, **__: 1 / 0)
        assert deploy(api, "k1").status_code == 500

    assert deploy(api, "k1").status_code == 409
    assert deployed(bridge) == 0


def test_what_is_done_is_answered_also_where_the_answer_cannot_be_kept(
    api: FlaskClient, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(kept_answers, "keep", fail)

    assert deploy(api, "k1").status_code == 202
    assert deploy(api, "k1").status_code == 409
    assert deployed(bridge) == 1


def test_a_key_on_a_read_is_left_alone(api: FlaskClient) -> None:
    first = api.get("/api/v1/apps", headers=KEY)

    assert first.status_code == 200
    assert "Idempotent-Replayed" not in api.get("/api/v1/runs", headers=KEY).headers
