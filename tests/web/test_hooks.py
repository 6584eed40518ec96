# SPDX-License-Identifier: GPL-3.0-or-later
"""How deliveries to hooks are taken, stored and refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from tests.support.installation import SECRET, Installation
from tests.support.posting import BEARER, HUB, PAYLOAD, post, stored
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.web import create_app

DEEP = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.fixture
def bridge(installation: Installation) -> Iterator[Bridge]:
    """A bridge that receives, and decides nothing yet."""
    made = Bridge(installation.settings(), busy_timeout_s=0.1)
    yield made
    made.store.close()
    made._lock.release()


def test_a_delivery_is_stored_as_it_came_before_it_is_acknowledged(
    client: FlaskClient, bridge: Bridge
) -> None:
    answer = post(client)

    [delivery] = stored(bridge)
    status, verdict = (f"{at}/deliveries/{delivery.id}" for at in ("/hooks/hub", "/api/v1"))
    told = {"delivery": delivery.id, "status": status, "verdict": verdict}
    assert (answer.status_code, answer.json) == (202, told)
    assert answer.headers["Location"] == status
    assert (delivery.body, delivery.hook, delivery.source) == (PAYLOAD, "hub", "dockerhub")


def test_a_registry_shows_its_secret_in_a_header(client: FlaskClient, bridge: Bridge) -> None:
    assert post(client, "/hooks/mine", b'{"events": []}', headers=BEARER).status_code == 202
    assert [one.source for one in stored(bridge)] == ["distribution"]


def test_a_hook_does_not_mind_what_stands_in_its_query(client: FlaskClient) -> None:
    assert post(client, f"{HUB}?a=1&a=2").status_code == 202


def test_no_secret_is_stored(client: FlaskClient, bridge: Bridge) -> None:
    secrets = {**BEARER, "Cookie": SECRET, "X-Hub-Signature": SECRET, "X-Id": "kept"}
    post(client, "/hooks/mine", b"{}", headers=secrets)

    [delivery] = stored(bridge)
    assert delivery.headers["X-Id"] == "kept"
    assert SECRET not in str(delivery)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        DEEP,
        b'{"a": 1, "a": 2}',
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": "\\ud800"}',
        b'{"a": "\\u0000"}',
        '{"a": 1}'.encode("utf-16"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_with_one_line(
    client: FlaskClient, bridge: Bridge, body: bytes
) -> None:
    answer = post(client, body=body)

    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["error"] == "malformed"
    assert "\n" not in answer.json["message"]
    assert stored(bridge) == []


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", DEEP, b'{"a": 1, "a": 2}', b"[]"])
@pytest.mark.parametrize("kind", ["application/json", "text/plain", ""])
def test_a_registry_is_never_refused_once_it_is_known(
    client: FlaskClient, bridge: Bridge, body: bytes, kind: str
) -> None:
    answer = client.post("/hooks/mine", data=body, headers=BEARER, content_type=kind)

    assert answer.status_code == 202
    assert len(stored(bridge)) == 1


LARGE = b" " * (13 * 1024 * 1024 // 10)


def test_a_body_over_one_mebibyte_of_a_stranger_is_too_large(
    client: FlaskClient, bridge: Bridge
) -> None:
    wrong = {"Authorization": "Bearer not-the-secret-not-the-secret-000000"}
    answer = client.post("/hooks/mine", data=LARGE, headers=wrong, content_type="application/json")

    assert answer.status_code == 413
    assert stored(bridge) == []


def test_a_sender_that_is_known_may_send_more(client: FlaskClient, bridge: Bridge) -> None:
    body = b'{"events": []}' + LARGE
    answer = client.post("/hooks/mine", data=body, headers=BEARER, content_type="application/json")

    assert answer.status_code == 202
    assert len(stored(bridge)) == 1


def test_a_known_sender_may_not_send_without_end(client: FlaskClient, bridge: Bridge) -> None:
    body = b" " * (32 * 1024 * 1024 + 1)
    answer = client.post("/hooks/mine", data=body, headers=BEARER, content_type="application/json")

    assert answer.status_code == 413
    assert stored(bridge) == []


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data"],
)
def test_another_kind_of_body_is_not_taken(client: FlaskClient, kind: str) -> None:
    answer = client.post(HUB, data=PAYLOAD, content_type=kind)

    assert answer.status_code == 415
    assert answer.json is not None
    assert "application/json" in answer.json["message"]


def test_a_compressed_body_is_not_taken(client: FlaskClient) -> None:
    assert post(client, headers={"Content-Encoding": "gzip"}).status_code == 415


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_a_hook_is_posted_to_only(client: FlaskClient, method: str) -> None:
    answer = client.open(HUB, method=method)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"


def test_what_cannot_be_stored_is_not_acknowledged(client: FlaskClient, bridge: Bridge) -> None:
    other = sqlite3.connect(bridge.store.file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    answer = post(client)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert str(bridge.store.file) not in answer.text
    other.close()
    assert post(client).status_code == 202


def test_a_second_bridge_on_the_same_folder_is_refused(
    bridge: Bridge, installation: Installation
) -> None:
    with pytest.raises(Exception, match=r"another bridge serves from .*; stop it first"):
        Bridge(installation.settings())


@pytest.mark.parametrize("length", ["-1", "x", "\u0661", "1.0"])
def test_a_length_that_is_no_number_is_refused_whatever_the_server(
    client: FlaskClient, length: str
) -> None:
    answer = client.post(HUB, environ_overrides={"CONTENT_LENGTH": length})

    assert answer.status_code == 400


def test_a_body_that_ends_early_is_refused_whatever_the_server(client: FlaskClient) -> None:
    answer = client.post(HUB, data=PAYLOAD, environ_overrides={"CONTENT_LENGTH": "99999"})

    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["error"] == "incomplete_body"


def test_a_fault_of_ours_is_answered_without_what_it_was(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: object) -> str:
        raise RuntimeError("internals")

    monkeypatch.setattr(bridge, "accept", fail)

    answer = post(create_app(bridge).test_client())

    assert answer.status_code == 500
    assert "internals" not in answer.text
    assert answer.json is not None
    assert answer.json["message"].split()[1] in caplog.text
