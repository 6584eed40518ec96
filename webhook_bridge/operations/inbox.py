# SPDX-License-Identifier: GPL-3.0-or-later
"""What was received, for people: each line with what it led to; and one delivery in full."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from webhook_bridge.config.hooks import Hook
from webhook_bridge.domain.deliveries import Delivery, Rejected
from webhook_bridge.domain.inbox import Place, Receipt, WantedReceipts
from webhook_bridge.domain.releases import Release
from webhook_bridge.domain.runs import Run
from webhook_bridge.domain.verdicts import VERDICTS
from webhook_bridge.errors import Refused
from webhook_bridge.operations.curl_command import curl_command
from webhook_bridge.operations.redelivery import REPEATS, redeliver
from webhook_bridge.operations.serializers import one_of
from webhook_bridge.operations.versions import Versions, versions_of
from webhook_bridge.store import Store, deliveries, inbox, inbox_links, rejected, releases, runs

MOST_REPEATED = 200
_LARGEST_SHOWN = 64 * 1024
_RELEASE_SIGNS = {"good": "fine", "desired": "waiting", "failed": "failed", "restored": "failed"}
_WORST_FIRST = ("failed", "waiting", "idle", "fine")


@dataclass(frozen=True)
class InboxPage:
    """One page of the list; `led_to` are the releases of its deliveries, by delivery."""

    receipts: Sequence[Receipt]
    led_to: Mapping[str, Sequence[Release]]
    versions: Mapping[str, Versions]
    """What people call the digests of its releases, by app."""
    next: Place | None

    def sign_of(self, one: Receipt) -> str:
        """Return the sign that an accepted delivery is shown with."""
        return _sign(one.verdict, self.led_to.get(one.id, ()))


@dataclass(frozen=True)
class DeliveryDetails:
    """One delivery as it came, what its verdict means, and what it led to."""

    delivery: Delivery
    meaning: str
    repeats: str | None
    body: str
    is_cut: bool
    releases: Sequence[tuple[Release, Sequence[Run]]]
    versions: Mapping[str, Versions]

    @property
    def sign(self) -> str:
        """The sign that it is shown with."""
        return _sign(self.delivery.verdict, [release for release, _ in self.releases])


def _sign(verdict: str | None, led_to: Sequence[Release]) -> str:
    """Return the sign of a delivery: of the worst that it led to, however well it was accepted."""
    if verdict is None:
        return "waiting"
    found = {_RELEASE_SIGNS.get(one.state, "idle") for one in led_to}
    return min(found, key=_WORST_FIRST.index, default="idle")


def inbox_page(
    connection: Connection, wanted: WantedReceipts, *, before: Place | None, limit: int
) -> InboxPage:
    """Return a page of what was received."""
    found, following = inbox.page(connection, wanted, before=before or inbox.NEWEST, limit=limit)
    led_to = inbox_links.releases_of(connection, [one.id for one in found if not one.is_refused])
    apps = {release.app for each in led_to.values() for release in each}
    return InboxPage(found, led_to, versions_of(connection, apps), following)


def details(connection: Connection, delivery: Delivery) -> DeliveryDetails:
    """Return one delivery with what it led to."""
    found = releases.of_delivery(connection, delivery.id)
    body, is_cut = readable(delivery.body)
    return DeliveryDetails(
        delivery=delivery,
        meaning=VERDICTS.get(delivery.verdict or "", ""),
        repeats=delivery.headers.get(REPEATS),
        body=body,
        is_cut=is_cut,
        releases=[(one, runs.of_release(connection, one.id)) for one in found],
        versions=versions_of(connection, {one.app for one in found}),
    )


def one_rejected(connection: Connection, start_of_id: str) -> Rejected:
    """Return the refused request whose id starts so; raise NotFound or Refused else."""
    return one_of(rejected.find, connection, start_of_id, what="delivery")


def readable(body: bytes) -> tuple[str, bool]:
    """Return a body as text, JSON with one value a line, and whether only its beginning."""
    text = body[:_LARGEST_SHOWN].decode("utf-8", "backslashreplace")
    if len(body) > _LARGEST_SHOWN:
        return text, True
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False), False
    except (ValueError, RecursionError):
        return text, False


def curl_of(delivery: Delivery, hook: Hook | None, *, base: str) -> str:
    """Return a command that sends a delivery by hand; whoever runs it sets SECRET.

    Raises Refused for one that came through a queue.
    """
    if hook is not None and not hook.sender.over_http:
        raise Refused("no_url", f"hook {hook.name} has no URL: its deliveries come through a queue")
    return curl_command(
        f"{base}/hooks/{delivery.hook}",
        headers=delivery.headers,
        body=delivery.body,
        scheme=None if hook is None else hook.sender.scheme,
    )


def redeliver_all(store: Store, wanted: WantedReceipts, *, actor: str) -> list[str]:
    """Take the newest 200 that are wanted in once more, the oldest first; return the new ids."""
    with store.read() as connection:
        found = [
            one
            for receipt in inbox_page(connection, wanted, before=None, limit=MOST_REPEATED).receipts
            if not receipt.is_refused
            for one in deliveries.find(connection, receipt.id)
        ]
    return [redeliver(store, one, actor=actor) for one in reversed(found)]
