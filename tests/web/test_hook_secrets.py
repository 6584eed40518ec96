# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may post to a hook, and how everybody else is answered."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.support.installation import SECRET, Installation
from tests.support.posting import post, stored
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.web import create_app


@pytest.mark.parametrize(
    "url",
    [
        "/hooks/hub/wrong",
        f"/hooks/hub/{SECRET}x",
        f"/hooks/hub/{SECRET[:-1]}",
        "/hooks/hub/%ff%00",
        "/hooks/hub/%F0%9F%98%80",
        f"/hooks/nobody/{SECRET}",
        f"/hooks/mine/{SECRET}",
        "/hooks/nobody/%ff",
        "/hooks/hub/",
        "/hooks/nobody/",
    ],
)
def test_a_wrong_secret_and_an_unknown_hook_are_answered_alike(
    client: FlaskClient, bridge: Bridge, url: str
) -> None:
    answer = post(client, url)

    assert answer.status_code == 404
    assert answer.json == {"error": "not_found", "message": "there is no such hook"}
    assert stored(bridge) == []


@pytest.mark.parametrize("url", ["/hooks/mine", "/hooks/nobody", "/hooks/hub"])
@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", f"Basic {SECRET}", "Bearer \xff"])
def test_a_wrong_token_and_an_unknown_hook_are_answered_alike(
    client: FlaskClient, bridge: Bridge, url: str, header: str
) -> None:
    answer = post(client, url, headers={"Authorization": header})

    assert answer.status_code == 401
    assert answer.json == {"error": "unauthorized", "message": "no such hook, or not its secret"}
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert stored(bridge) == []


def test_whoever_fails_again_and_again_is_told_to_wait_and_a_valid_delivery_is_not(
    client: FlaskClient,
) -> None:
    answers = [post(client, "/hooks/hub/wrong") for _ in range(80)]

    assert {answer.status_code for answer in answers[:60]} == {404}
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert post(client).status_code == 202


def test_an_unknown_hook_is_told_to_wait_like_a_known_one(client: FlaskClient) -> None:
    known = [post(client, "/hooks/hub/wrong").status_code for _ in range(70)]
    unknown = [
        post(client, "/hooks/nobody/wrong", environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code
        for _ in range(70)
    ]

    assert known == unknown


def test_an_address_that_a_hook_does_not_allow_is_answered_like_a_wrong_secret(
    installation: Installation,
) -> None:
    text = installation.file.read_text()
    text = text.replace('secret_file = "hub"', 'secret_file = "hub"\nallow_from = ["192.0.2.0/24"]')
    installation.file.write_text(text)
    made = Bridge(installation.settings())
    client = create_app(made).test_client()

    inside = post(client, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    outside = post(client, environ_base={"REMOTE_ADDR": "198.51.100.7"})
    wrong = post(client, "/hooks/hub/wrong", environ_base={"REMOTE_ADDR": "192.0.2.7"})

    made.store.close()
    made._lock.release()
    assert inside.status_code == 202
    assert (outside.status_code, outside.data) == (wrong.status_code, wrong.data)
