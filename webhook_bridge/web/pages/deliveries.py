# SPDX-License-Identifier: GPL-3.0-or-later
"""What was received, accepted and refused in one list, and one delivery in full."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import redirect, render_template
from werkzeug.wrappers import Response

from webhook_bridge.domain.deliveries import WAITING, Delivery
from webhook_bridge.domain.inbox import REFUSED, Place, WantedReceipts
from webhook_bridge.domain.verdicts import VERDICTS
from webhook_bridge.errors import Refused
from webhook_bridge.operations import inbox, redelivery
from webhook_bridge.operations.delivery_serializers import one_delivery
from webhook_bridge.operations.parameters import one_of
from webhook_bridge.web.current import current_bridge, public_url
from webhook_bridge.web.pages.access import demand, page_blueprint
from webhook_bridge.web.pages.asked import MOMENT, TEXT, optional, written
from webhook_bridge.web.pages.confirming import Question, confirm
from webhook_bridge.web.pages.live import Page, live
from webhook_bridge.web.pages.once import once
from webhook_bridge.web.pages.shows import every_commit
from webhook_bridge.web.questions import Parameter, takes, takes_anything
from webhook_bridge.web.thread_share import asks_registry

blueprint = page_blueprint("deliveries")
_SEE_OTHER = 303
_A_PAGE = 50
_PLACE = re.compile("d([0-9]{1,18})r([0-9]{1,18})")
_ALLOWED = (*VERDICTS, WAITING, REFUSED)


def _place(text: str) -> Place:
    found = _PLACE.fullmatch(text)
    if found is None:
        raise ValueError("must be the address of a page of this list")
    return Place(int(found[1]), int(found[2]))


_FILTERS: dict[str, Any] = {
    "hook": TEXT,
    "verdict": Parameter(optional(one_of(_ALLOWED))),
    "app": TEXT,
    "tag": TEXT,
    "digest": TEXT,
    "address": TEXT,
    "since": MOMENT,
    "until": MOMENT,
    "text": TEXT,
}


@blueprint.get("/deliveries")
@takes(before=Parameter(optional(_place)), **_FILTERS)
@live(every_commit)
def list_deliveries(before: Place | None, **asked: Any) -> Page:
    """What was received, the newest first, as far as it is asked for."""
    demand("read")
    bridge, wanted = current_bridge(), _wanted(asked)
    with bridge.store.read() as connection:
        found = inbox.inbox_page(connection, wanted, before=before, limit=_A_PAGE)
    given = _given()
    following = found.next and f"d{found.next.delivery}r{found.next.rejected}"
    values = {
        "inbox": found,
        "given": written(_FILTERS),
        "query": urlencode(given),
        "next": following and "/deliveries?" + urlencode({**given, "before": following}),
        "is_first": before is None,
        "is_everything": wanted.is_everything,
        "hooks": sorted(bridge.settings.hooks),
        "apps": sorted(bridge.apps.current()),
        "verdicts": _ALLOWED,
        "meanings": VERDICTS,
        "kept": bridge.settings.retention,
        "may_operate": demand("read").may("operate"),
    }
    return Page("deliveries.html", "Deliveries", values, here="deliveries")


@blueprint.get("/deliveries/<start_of_id>")
@live(every_commit)
def show_delivery(start_of_id: str) -> Page:
    """One delivery: as it came, its verdict, what it led to, and how to send it again."""
    demand("read")
    bridge = current_bridge()
    with bridge.store.read() as connection:
        details = inbox.details(connection, one_delivery(connection, start_of_id))
    values = {
        "view": details,
        "curl": _curl(details.delivery),
        "may_operate": demand("read").may("operate"),
    }
    form = ("dry_run_form", {"delivery_id": details.delivery.id})
    rest = (lambda: form) if values["may_operate"] else None
    return Page("delivery.html", "Delivery", values, here="deliveries", rest=rest)


@blueprint.get("/refused/<start_of_id>")
def show_refused(start_of_id: str) -> str:
    """One request that was refused: why, and what is kept of it."""
    demand("read")
    with current_bridge().store.read() as connection:
        found = inbox.one_rejected(connection, start_of_id)
    body, _ = inbox.readable(found.excerpt)
    return render_template(
        "refused.html", title="Refused request", here="deliveries", one=found, body=body
    )


@blueprint.get("/deliveries/<start_of_id>/redeliver")
def ask_redeliver(start_of_id: str) -> str:
    """Say what taking it in again does."""
    demand("operate")
    found = _delivery(start_of_id)
    says = [
        "It is stored as a new delivery with an id and a verdict of its own, as if it came now.",
        "A release follows only where its tag means a new digest that nothing speaks against.",
    ]
    path = f"/deliveries/{found.id}"
    return confirm(
        Question(
            f"Take delivery {found.id[:8]} in again?",
            "Redeliver",
            f"{path}/redeliver",
            path,
            says,
            here="deliveries",
        )
    )


@blueprint.post("/deliveries/<start_of_id>/redeliver")
@takes_anything
@once
def do_redeliver(start_of_id: str) -> Response:
    """Take a delivery in once more."""
    who, bridge = demand("operate"), current_bridge()
    new = redelivery.redeliver(bridge.store, _delivery(start_of_id), actor=who.actor)
    bridge.intake.wake()
    return redirect(f"/deliveries/{new}", _SEE_OTHER)


@blueprint.post("/deliveries/<start_of_id>/dry-run")
@takes_anything
@asks_registry
def do_dry_run(start_of_id: str) -> str:
    """Say what the verdict would be now; nothing is stored."""
    demand("operate")
    bridge, found = current_bridge(), _delivery(start_of_id)
    foreseen = redelivery.dry_run(
        bridge.store,
        found,
        hooks=bridge.settings.hooks,
        apps=bridge.apps.current(),
        registry=bridge.registry,
        patience=bridge.settings.deploy.registry_patience,
    )
    return render_template(
        "dry_run.html",
        title=f"Dry run of delivery {found.id[:8]}",
        here="deliveries",
        delivery=found,
        foreseen=foreseen,
        meaning=VERDICTS.get(foreseen.code or "", ""),
    )


@blueprint.get("/redeliver")
@takes(**_FILTERS)
def ask_redeliver_all(**asked: Any) -> str:
    """Say how many deliveries would be taken in again."""
    demand("operate")
    with current_bridge().store.read() as connection:
        wanted = _wanted(asked)
        found = inbox.inbox_page(connection, wanted, before=None, limit=inbox.MOST_REPEATED)
    count = sum(not one.is_refused for one in found.receipts)
    given = _given()
    says = [
        f"{count} deliveries are taken in again, the oldest first.",
        "Each is a new delivery with a verdict of its own; refused requests are left out.",
    ]
    if found.next is not None:
        says.append(f"More match: only the newest {inbox.MOST_REPEATED} are taken.")
    says.append(f"Chosen: {', '.join(f'{key} {value}' for key, value in given.items()) or 'all'}.")
    back = "/deliveries?" + urlencode(given)
    path = "/redeliver?" + urlencode(given)
    return confirm(
        Question(
            f"Take {count} deliveries in again?",
            f"Redeliver {count}",
            path,
            back,
            says,
            here="deliveries",
        )
    )


@blueprint.post("/redeliver")
@takes(form=True, **_FILTERS)
@once
def do_redeliver_all(**asked: Any) -> Response:
    """Take all deliveries in once more that match."""
    who, bridge = demand("operate"), current_bridge()
    inbox.redeliver_all(bridge.store, _wanted(asked), actor=who.actor)
    bridge.intake.wake()
    return redirect("/deliveries", _SEE_OTHER)


def _delivery(start_of_id: str) -> Delivery:
    with current_bridge().store.read() as connection:
        return one_delivery(connection, start_of_id)


def _wanted(asked: Mapping[str, Any]) -> WantedReceipts:
    """Return what is asked for; an app's deliveries are those that name its image, too."""
    app = current_bridge().apps.current().get(asked["app"] or "")
    repository = None if app is None else app.image.repository
    return WantedReceipts(**asked, repository=repository)


def _given() -> dict[str, str]:
    """Return what was asked, as it was written: for forms and links that go on asking it."""
    return {name: value for name, value in written(_FILTERS).items() if value}


def _curl(delivery: Delivery) -> str:
    """Return the command; empty where there is no address to send it to."""
    bridge = current_bridge()
    try:
        hook = bridge.settings.hooks.get(delivery.hook)
        return inbox.curl_of(delivery, hook, base=public_url())
    except Refused:
        return ""
