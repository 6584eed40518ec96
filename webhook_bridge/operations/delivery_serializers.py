# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API and `--json` show of deliveries, and of requests that hooks refused."""

from __future__ import annotations

from sqlalchemy import Connection

from webhook_bridge.domain.deliveries import Delivery, Rejected
from webhook_bridge.operations.serializers import View, one_of, release_view, run_details
from webhook_bridge.operations.timestamps import timestamp
from webhook_bridge.store import deliveries, releases, runs


def delivery_view(delivery: Delivery) -> View:
    """Return a delivery without its body."""
    return {
        "id": delivery.id,
        "hook": delivery.hook,
        "source": delivery.source,
        "remote": delivery.remote,
        "received_at": timestamp(delivery.received_at),
        "verdict": delivery.verdict,
        "detail": delivery.detail,
        "decided_at": timestamp(delivery.decided_at),
        "retry_at": timestamp(delivery.due_at) if delivery.attempts else None,
        "attempts": delivery.attempts,
    }


def delivery_details(connection: Connection, delivery: Delivery) -> View:
    """Return a delivery as it came, and what it led to."""
    return {
        **delivery_view(delivery),
        "headers": dict(delivery.headers),
        "body": _text(delivery.body),
        "releases": [
            {
                **release_view(release),
                "runs": [
                    run_details(connection, run) for run in runs.of_release(connection, release.id)
                ],
            }
            for release in releases.of_delivery(connection, delivery.id)
        ],
    }


def rejected_view(rejected: Rejected) -> View:
    """Return a request that a hook refused."""
    return {
        **vars(rejected),
        "headers": dict(rejected.headers),
        "excerpt": _text(rejected.excerpt),
        "received_at": timestamp(rejected.received_at),
    }


def one_delivery(connection: Connection, start_of_id: str) -> Delivery:
    """Return the delivery whose id starts so; raise NotFound or Refused when it is not one."""
    return one_of(deliveries.find, connection, start_of_id, what="delivery")


def _text(body: bytes) -> str:
    return body.decode("utf-8", "backslashreplace")
