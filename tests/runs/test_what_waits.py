# SPDX-License-Identifier: GPL-3.0-or-later
"""Which apps a worker looks at, and when their hosts are looked at."""

from __future__ import annotations

from tests.support.app_rows import change_app
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.runs import leases
from webhook_bridge.store import Store, releases

V1 = f"sha256:{'1' * 64}"


def desire(store: Store, name: str = "shop") -> None:
    new = NewRelease(name, "r/acme/shop", "latest", V1, "delivery", "hook hub")
    with store.write() as connection:
        releases.desire(connection, new, now=1.0)


def test_an_app_that_is_not_declared_any_more_is_left_alone(store: Store) -> None:
    desire(store)

    with store.read() as connection:
        assert leases.apps_to_check(connection, {"other"}, now=10.0) == []


def test_the_app_that_waits_longest_comes_first(store: Store) -> None:
    for name, due_at in (("late", 9.0), ("early", 1.0), ("middle", 5.0)):
        desire(store, name)
        with store.write() as connection:
            change_app(connection, name, due_at=due_at)

    with store.read() as connection:
        found = leases.apps_to_check(connection, {"late", "early", "middle"}, now=10.0)

    assert found == ["early", "middle", "late"]


def test_a_look_is_scheduled_once(store: Store) -> None:
    desire(store)
    for at in (5.0, 6.0):
        with store.write() as connection:
            leases.schedule_observations(connection, ["shop"], at=at)

    with store.read() as connection:
        assert releases.app_row(connection, "shop").observe_at == 5.0
