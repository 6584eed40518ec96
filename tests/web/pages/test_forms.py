# SPDX-License-Identifier: GPL-3.0-or-later
"""Every form that is sent by POST proves itself by the same field, and takes it along."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from markupsafe import Markup

from tests.support.fleet_states import desire
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import deliveries

FIELD = Markup('<input type="hidden" name="csrf" value="t0ken">')
FORM = re.compile(r'<form method="post" action="([^"]*)">\s*(<input[^>]*>)?')


def test_every_form_has_the_field_and_is_taken_with_it(
    page: FlaskClient, bridge: Bridge, run_id: str
) -> None:
    # What is settled may be retried: only then is there a form for it.
    desire(bridge, f"sha256:{'1' * 64}", tag="1.4.1", state="good")
    page.application.jinja_env.globals["csrf_field"] = lambda: FIELD
    with bridge.store.read() as connection:
        [delivery] = deliveries.latest(connection, limit=1)
    asked = [
        "/apps/shop/deploy",
        "/apps/shop/reconcile",
        f"/apps/shop/hold?digest=sha256:{'1' * 64}",
        f"/apps/shop/unhold?digest=sha256:{'1' * 64}",
        f"/runs/{run_id}/cancel",
        f"/deliveries/{delivery.id}",
        f"/deliveries/{delivery.id}/redeliver",
        "/redeliver?hook=hub",
        "/hook/mine/rotate",
        "/explain",
    ]
    for address in asked:
        forms = FORM.findall(page.get(address).text)
        assert forms, address
        for action, field in forms:
            assert field == FIELD, address
            answer = page.post(action.replace("&amp;", "&"), data={"csrf": "t0ken"})
            assert "JSON" not in answer.text, action
            assert answer.status_code in (200, 303, 400, 409), action
