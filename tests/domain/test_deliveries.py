# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from webhook_bridge.domain.deliveries import NewRejected, Wanted


def test_who_wants_no_delivery_in_particular_gets_any() -> None:
    assert Wanted() == Wanted(hook=None, verdict=None, since=0.0)


def test_a_refused_request_stands_for_itself_alone_unless_it_says_how_many_more() -> None:
    assert NewRejected("hub", 401, "denied", "why", "::1", {}, 2, b"{}", 1.0).more == 0
