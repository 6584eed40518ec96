# SPDX-License-Identifier: GPL-3.0-or-later
"""What the probes for health and readiness say."""

from __future__ import annotations

from flask.testing import FlaskClient

from webhook_bridge.service.bridge import Bridge


def test_health_and_readiness_need_no_secret(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").status_code == 200


def test_a_bridge_that_is_shutting_down_is_alive_but_not_ready(
    client: FlaskClient, bridge: Bridge
) -> None:
    bridge.draining.set()

    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503


def test_a_path_with_two_slashes_is_no_path(client: FlaskClient) -> None:
    assert client.get("/readyz//").status_code == 404
