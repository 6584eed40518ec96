# SPDX-License-Identifier: GPL-3.0-or-later
"""Rollbacks, releases and holds through the API."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.support.kept_releases import good
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import releases

V1, V2, V3 = (f"sha256:{digit * 64}" for digit in "123")


def test_a_rollback_goes_to_the_release_before_and_holds_the_one_that_is_left(
    api: FlaskClient, bridge: Bridge
) -> None:
    good(bridge, V1)
    good(bridge, V2)

    answer = api.post("/api/v1/apps/shop/rollback")

    assert answer.json["release"]["digest"] == V1
    assert api.get("/api/v1/apps/shop").json["held"] == {V2: "rolled back"}


def test_a_second_rollback_does_not_come_back_to_what_was_left(
    api: FlaskClient, bridge: Bridge
) -> None:
    good(bridge, V1)
    good(bridge, V2)
    api.post("/api/v1/apps/shop/rollback")

    answer = api.post("/api/v1/apps/shop/rollback")

    assert (answer.status_code, answer.json["error"]) == (409, "nothing_to_roll_back")


def three_good(bridge: Bridge) -> None:
    for digest in (V1, V2, V3):
        good(bridge, digest)


def test_a_rollback_goes_to_the_release_that_is_named(api: FlaskClient, bridge: Bridge) -> None:
    three_good(bridge)

    answer = api.post("/api/v1/apps/shop/rollback", json={"to": "1111"})

    assert answer.json["release"]["digest"] == V1
    assert api.get("/api/v1/apps/shop").json["held"] == {V3: "rolled back"}


@pytest.mark.parametrize(
    ("to", "status", "error"),
    [
        ("none", 404, "not_found"),
        ("", 400, "malformed"),
        (V3, 409, "already_desired"),
        ("sha256:", 400, "ambiguous"),
    ],
)
def test_a_rollback_to_anything_else_is_refused_and_changes_nothing(
    api: FlaskClient, bridge: Bridge, to: str, status: int, error: str
) -> None:
    three_good(bridge)

    answer = api.post("/api/v1/apps/shop/rollback", json={"to": to})

    assert (answer.status_code, answer.json["error"]) == (status, error)
    shown = api.get("/api/v1/apps/shop").json
    assert (shown["release"]["digest"], shown["held"]) == (V3, {})


def test_a_rollback_to_a_release_that_did_not_run_well_is_refused(
    api: FlaskClient, bridge: Bridge
) -> None:
    with bridge.store.write() as connection:
        new = NewRelease("shop", "r/acme/shop", "latest", V1, "deploy", "me")
        releases.mark(connection, releases.desire(connection, new, now=1.0).id, "restored")
    good(bridge, V2)

    answer = api.post("/api/v1/apps/shop/rollback", json={"to": V1})

    assert (answer.status_code, answer.json["error"]) == (409, "never_ran_well")


def test_releases_tell_who_brought_them_and_what_is_held(api: FlaskClient, bridge: Bridge) -> None:
    good(bridge, V1)
    good(bridge, V2)
    api.post("/api/v1/apps/shop/rollback")

    found = api.get("/api/v1/apps/shop/releases").json["releases"]

    told = [(one["digest"], one["cause"], one["actor"], one["held"]) for one in found]
    assert told == [
        (V1, "rollback", "token:api", None),
        (V2, "deploy", "me", "rolled back"),
        (V1, "deploy", "me", None),
    ]
    assert [one["is_desired"] for one in found] == [True, False, False]


def test_a_hold_is_lifted_once_and_deploys_nothing(api: FlaskClient, bridge: Bridge) -> None:
    good(bridge, V1)
    good(bridge, V2)
    api.post("/api/v1/apps/shop/rollback")

    lifted = api.delete(f"/api/v1/apps/shop/holds/{V2[:20]}")
    again = api.delete(f"/api/v1/apps/shop/holds/{V2}")

    assert (lifted.status_code, lifted.json["digest"]) == (200, V2)
    assert (again.status_code, again.json["error"]) == (409, "not_held")
    shown = api.get("/api/v1/apps/shop").json
    assert (shown["release"]["digest"], shown["held"]) == (V1, {})


def test_without_a_release_before_there_is_no_rollback(api: FlaskClient, bridge: Bridge) -> None:
    assert api.post("/api/v1/apps/shop/rollback").status_code == 409
    good(bridge, V1)

    answer = api.post("/api/v1/apps/shop/rollback")

    assert "no release before 111111111111 succeeded" in answer.json["message"]
