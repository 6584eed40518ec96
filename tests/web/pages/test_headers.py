# SPDX-License-Identifier: GPL-3.0-or-later
"""What every answer has, and who is let in."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.support.visiting import stranger
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.web import create_app
from webhook_bridge.web.security_headers import SECURITY_HEADERS
from webhook_bridge.web.static_files import address

PATHS = [
    "/",
    "/nowhere",
    "/healthz",
    "/readyz",
    "/api/v1/apps",
    "/hooks/hub",
    "/hooks/hub/x",
    "/static/x/y",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_every_answer_has_the_security_headers(bridge: Bridge, path: str, method: str) -> None:
    answer = create_app(bridge).test_client().open(path, method=method)

    assert [answer.headers.getlist(name) for name, _ in SECURITY_HEADERS] == [
        [value] for _, value in SECURITY_HEADERS
    ]


def test_no_page_may_run_or_load_what_is_not_ours(page: FlaskClient) -> None:
    policy = page.get("/").headers["Content-Security-Policy"]

    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_a_static_file_is_kept_under_the_address_of_its_version(page: FlaskClient) -> None:
    kept = page.get(address("pages.css"))
    other = page.get("/static/0123456789ab/pages.css")

    assert "immutable" in kept.headers["Cache-Control"]
    assert other.headers["Cache-Control"] == "no-store"
    assert kept.data == other.data


@pytest.mark.parametrize("name", ["../application.py", "vendor/vendor.toml", "%2e%2e/x", ""])
def test_nothing_else_is_served_as_a_static_file(page: FlaskClient, name: str) -> None:
    assert page.get(address(name)).status_code in (404, 308)


def test_a_stranger_is_shown_how_to_sign_in_and_nothing_else(bridge: Bridge) -> None:
    answer = stranger(bridge).get("/")

    assert answer.status_code == 401
    assert "longshore user add NAME --role admin" in answer.text
    assert "shop" not in answer.text


def test_an_error_is_a_page_for_a_person_and_json_for_a_program(
    page: FlaskClient, bridge: Bridge
) -> None:
    person = page.get("/nowhere")
    program = create_app(bridge).test_client().get("/nowhere")
    api = page.get("/api/v1/nowhere")

    assert "There is no such thing" in person.text
    assert (person.status_code, person.mimetype) == (404, "text/html")
    assert program.json is not None
    assert program.json["error"] == "not_found"
    assert api.mimetype == "application/json"


def test_an_unknown_question_is_refused_on_a_page(page: FlaskClient) -> None:
    answer = page.get("/?<script>=1")

    assert answer.status_code == 400
    assert "<script>=" not in answer.text
