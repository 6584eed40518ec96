# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever guesses the API's token is treated as one who guesses a hook's secret."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from tests.support.installation import TOKEN, Installation
from webhook_bridge.redaction import REDACTED
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.web import create_app

GUESS = "guess-0123456789-0123456789"
RIGHT = {"Authorization": f"Bearer {TOKEN}"}
WRONG = {"Authorization": f"Bearer {GUESS}"}


@pytest.fixture
def bridge(installation: Installation) -> Iterator[Bridge]:
    made = Bridge(installation.settings())
    yield made
    made.store.close()
    made._lock.release()


@pytest.fixture
def client(bridge: Bridge) -> FlaskClient:
    return create_app(bridge).test_client()


def test_whoever_guesses_again_and_again_is_told_to_wait_and_who_knows_it_is_not(
    client: FlaskClient,
) -> None:
    answers = [client.get("/api/v1/apps", headers=WRONG) for _ in range(80)]

    assert {answer.status_code for answer in answers[:60]} == {401}
    assert answers[0].headers["WWW-Authenticate"] == "Bearer"
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert answers[-1].json is not None
    assert answers[-1].json["error"] == "too_many_failures"
    assert [client.get("/api/v1/apps", headers=RIGHT).status_code for _ in range(80)] == [200] * 80


def test_another_address_is_not_told_to_wait_sooner_than_its_own_failures(
    client: FlaskClient,
) -> None:
    for _ in range(60):
        client.post("/hooks/hub/wrong", environ_base={"REMOTE_ADDR": "192.0.2.1"})

    same = client.get("/api/v1/apps", environ_base={"REMOTE_ADDR": "192.0.2.1"})
    other = client.get("/api/v1/apps", environ_base={"REMOTE_ADDR": "192.0.2.2"})

    assert (same.status_code, other.status_code) == (429, 401)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/api/v1/apps", "/api/v1/nowhere", "/api/", "/api/v1//apps"])
def test_nobody_without_it_learns_what_there_is(
    client: FlaskClient, method: str, path: str
) -> None:
    assert client.open(path, method=method).status_code == 401


def test_a_guess_is_kept_and_logged_without_the_token(
    bridge: Bridge, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    client.post(f"/api/v1/apps/shop/deploy?token={GUESS}", headers=WRONG, data=b'{"tag": "1"}')
    client.get("/api/v1/apps")
    bridge.rejections.store_notes()

    answer = client.get("/api/v1/rejected", headers=RIGHT)

    assert answer.json is not None
    none, wrong = answer.json["rejected"]
    assert (none["status"], none["detail"]) == (401, "no API token was sent")
    assert (wrong["hook"], wrong["status"], wrong["code"]) == (None, 401, "unauthorized")
    assert (wrong["detail"], wrong["remote"]) == ("the API token is wrong", "127.0.0.1")
    assert (wrong["excerpt"], wrong["headers"]["Authorization"]) == ('{"tag": "1"}', REDACTED)
    assert "refused, from 127.0.0.1: the API token is wrong" in caplog.text
    assert GUESS not in answer.text + caplog.text


def test_of_a_flood_of_guesses_a_sample_is_kept_and_the_rest_counted(
    bridge: Bridge, client: FlaskClient
) -> None:
    for _ in range(100):
        client.get("/api/v1/apps", headers=WRONG)
    bridge.rejections.store_notes()

    answer = client.get("/api/v1/rejected?limit=200", headers=RIGHT)

    assert answer.json is not None
    kept = answer.json["rejected"]
    assert kept[0]["more"] == 100 - len(kept)
