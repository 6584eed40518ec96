# SPDX-License-Identifier: GPL-3.0-or-later
"""Deliveries that a test posts to hooks, and what was stored of them."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.installation import SECRET
from tests.support.sending import PAYLOADS
from webhook_bridge.domain.deliveries import Delivery
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import deliveries

PAYLOAD = (PAYLOADS / "dockerhub-1.json").read_bytes()
HUB = f"/hooks/hub/{SECRET}"
BEARER = {"Authorization": f"Bearer {SECRET}"}


def stored(bridge: Bridge) -> list[Delivery]:
    with bridge.store.read() as connection:
        return deliveries.latest(connection, limit=99)


def post(
    client: FlaskClient, url: str = HUB, body: bytes = PAYLOAD, **options: Any
) -> TestResponse:
    return client.post(url, data=body, content_type="application/json", **options)
