# SPDX-License-Identifier: GPL-3.0-or-later
"""Deliveries and refused requests in one list, newest first, read page by page."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, literal, null, or_, select

from webhook_bridge.domain.deliveries import WAITING
from webhook_bridge.domain.inbox import REFUSED, Place, Receipt, WantedReceipts
from webhook_bridge.store.tables import delivery, event, rejected, release

_BEYOND = 1 << 62
NEWEST = Place(_BEYOND, _BEYOND)


def page(
    connection: Connection, wanted: WantedReceipts, *, before: Place, limit: int
) -> tuple[list[Receipt], Place | None]:
    """Return the newest that are wanted before a place, and the place of the next page, if any."""
    accepted = [] if wanted.verdict == REFUSED else _accepted(connection, wanted, before, limit + 1)
    refused = (
        []
        if wanted.verdict not in (None, REFUSED)
        else _refused(connection, wanted, before, limit + 1)
    )
    merged = sorted([*accepted, *refused], key=lambda one: one.received_at, reverse=True)
    shown = merged[:limit]
    return shown, _next(shown, before) if len(merged) > limit else None


def _next(shown: list[Receipt], before: Place) -> Place:
    accepted = [one.seq for one in shown if not one.is_refused]
    refused = [one.seq for one in shown if one.is_refused]
    return Place(min(accepted, default=before.delivery), min(refused, default=before.rejected))


def _accepted(
    connection: Connection, wanted: WantedReceipts, before: Place, limit: int
) -> list[Receipt]:
    columns = (
        delivery.c.seq,
        delivery.c.id,
        delivery.c.hook,
        delivery.c.remote,
        delivery.c.received_at,
        delivery.c.verdict,
        func.coalesce(delivery.c.detail, "").label("detail"),
    )
    query = select(*columns).where(delivery.c.seq < before.delivery)
    query = query.where(*_common(delivery, delivery.c.body, wanted), *_of_delivery(wanted))
    rows = connection.execute(query.order_by(delivery.c.seq.desc()).limit(limit)).mappings()
    return [Receipt(**row) for row in rows]


def _refused(
    connection: Connection, wanted: WantedReceipts, before: Place, limit: int
) -> list[Receipt]:
    columns = (
        rejected.c.seq,
        rejected.c.id,
        rejected.c.hook,
        rejected.c.remote,
        rejected.c.received_at,
        null().label("verdict"),
        rejected.c.detail,
        rejected.c.status,
        rejected.c.more,
    )
    query = select(*columns).where(rejected.c.seq < before.rejected)
    query = query.where(*_common(rejected, rejected.c.excerpt, wanted))
    for text in (wanted.repository, wanted.tag, _hexadecimal(wanted.digest)):
        if text is not None:
            query = query.where(_holds(rejected.c.excerpt, text))
    rows = connection.execute(query.order_by(rejected.c.seq.desc()).limit(limit)).mappings()
    return [Receipt(**row) for row in rows]


def _common(table: Table, body: ColumnElement[Any], wanted: WantedReceipts) -> list[Any]:
    """Return the conditions that hold for what was accepted and for what was refused."""
    found: list[Any] = []
    if wanted.hook is not None:
        found.append(table.c.hook == wanted.hook)
    if wanted.address is not None:
        found.append(table.c.remote.startswith(wanted.address, autoescape=True))
    if wanted.since is not None:
        found.append(table.c.received_at >= wanted.since)
    if wanted.until is not None:
        found.append(table.c.received_at <= wanted.until)
    if wanted.text is not None:
        in_detail = table.c.detail.contains(wanted.text, autoescape=True)
        is_id = table.c.id.startswith(wanted.text, autoescape=True)
        found.append(or_(in_detail, is_id, _holds(body, wanted.text)))
    return found


def _of_delivery(wanted: WantedReceipts) -> list[Any]:
    found: list[Any] = []
    if wanted.verdict == WAITING:
        found.append(delivery.c.verdict.is_(None))
    elif wanted.verdict is not None:
        found.append(delivery.c.verdict == wanted.verdict)
    if wanted.app is not None:
        found.append(_concerns(wanted.app, wanted.repository))
    if wanted.tag is not None:
        found.append(or_(_holds(delivery.c.body, wanted.tag), _led_to(release.c.tag == wanted.tag)))
    if wanted.digest is not None:
        hexadecimal = _hexadecimal(wanted.digest) or ""
        led_to = _led_to(release.c.digest.startswith(f"sha256:{hexadecimal}", autoescape=True))
        found.append(or_(_holds(delivery.c.body, hexadecimal), led_to))
    return found


def _concerns(app: str, repository: str | None) -> ColumnElement[bool]:
    """Whether a delivery names an app's image, or was decided on for that app alone."""
    decided = select(event.c.delivery_id).where(
        event.c.app == app, event.c.delivery_id.is_not(None)
    )
    concerns = delivery.c.id.in_(decided)
    if repository is None:
        return concerns
    return or_(concerns, _holds(delivery.c.body, repository))


def _led_to(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    of_release = select(release.c.delivery_id).where(condition, release.c.delivery_id.is_not(None))
    return delivery.c.id.in_(of_release)


def _hexadecimal(digest: str | None) -> str | None:
    return None if digest is None else digest.removeprefix("sha256:")


def _holds(body: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Whether a body has these bytes anywhere; nothing in it is read for its meaning."""
    return func.instr(body, literal(text.encode())) > 0
