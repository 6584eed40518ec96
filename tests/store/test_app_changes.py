# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, delete, insert

from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.image_labels import ImageLabels
from webhook_bridge.domain.inventory import AppInventory
from webhook_bridge.domain.outcomes import Outcome
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.store import (
    Store,
    app_changes,
    deliveries,
    holds,
    host_states,
    image_labels,
    inventories,
    releases,
    runs,
)
from webhook_bridge.store.tables import delivery, run, run_steps

V1 = f"sha256:{'1' * 64}"
DELIVERY = NewDelivery("hub", "dockerhub", "127.0.0.1", {}, b"{}", 1.0)
RUN, RELEASE, OTHER = "run-1", "release-1", "release-2"


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with a run of the app shop, and the delivery that brought it."""
    with store.write() as connection:
        identifier = deliveries.add(connection, DELIVERY)
        new = NewRelease("shop", "r/shop", "1", V1, "deploy", "me", delivery_id=identifier)
        release = releases.desire(connection, new, now=1.0)
        started = runs.start(connection, NewRun("shop", release.id, 1, 1, "deploy"), now=1.0)
        steps = {"steps": [], "batches": [], "parts": {}}
        connection.execute(insert(run_steps).values(run_id=started.id, **steps))
        host_states.save(connection, [HostState("shop", "h1"), HostState("shop", "h2")])
    return store


def counted(store: Store, change: Callable[[Connection], object]) -> dict[str, int]:
    """Return how much each count grew by a change."""
    with store.write() as connection:
        before = app_changes.counts(connection)
        change(connection)
        after = app_changes.counts(connection)
    return {app: n - before.get(app, 0) for app, n in after.items() if n != before.get(app, 0)}


def first_run(connection: Connection) -> str:
    return str(connection.scalar(run.select().with_only_columns(run.c.id)))


CHANGES: dict[str, Callable[[Connection], object]] = {
    "a new release": lambda c: releases.desire(
        c, NewRelease("shop", "r/shop", "2", V1, "deploy", "me"), now=2.0
    ),
    "a hold": lambda c: holds.hold(c, "shop", V1, reason="failed", run_id=None, now=2.0),
    "a run that ends": lambda c: runs.finish(
        c, first_run(c), state="succeeded", reason="", now=2.0
    ),
    "an outcome": lambda c: runs.put_outcomes(
        c, first_run(c), [Outcome("h1", "updated", "switch", "", V1)]
    ),
    "steps": lambda c: c.execute(run_steps.update().values(parts={"stage": [1, 2]})),
    "a look at a host": lambda c: host_states.save(
        c, [HostState("shop", "h1", reached=True, digest=V1)]
    ),
    "hosts that are forgotten": lambda c: host_states.forget_others(c, "shop", ["h1"]),
    "hosts in doubt": lambda c: inventories.save(
        c, AppInventory("shop", ("h1",), 1.0, "shrank", "lost h2", ("h1",), 2.0)
    ),
    "the delivery of a release that goes": lambda c: c.execute(delete(delivery)),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_of_what_is_shown_counts_for_its_app_alone(filled: Store, what: str) -> None:
    assert list(counted(filled, CHANGES[what])) == ["shop"]


def test_labels_of_an_image_count_for_every_app(filled: Store) -> None:
    labels = ImageLabels("1.0", "", "", "")

    grown = counted(filled, lambda c: image_labels.put(c, V1, labels))

    assert list(grown) == [app_changes.EVERY_APP]


def test_deliveries_that_come_get_a_verdict_and_go_count_for_no_app(filled: Store) -> None:
    def come_and_go(connection: Connection) -> None:
        identifier = deliveries.add(connection, DELIVERY)
        deliveries.decide(connection, identifier, code="no_app", detail="", now=2.0)
        connection.execute(delete(delivery).where(delivery.c.id == identifier))

    assert counted(filled, come_and_go) == {}


def test_a_change_that_is_taken_back_is_not_counted(filled: Store) -> None:
    with filled.read() as connection:
        before = app_changes.counts(connection)
    with filled.dry_run() as connection:
        host_states.save(connection, [HostState("shop", "h3")])

    with filled.read() as connection:
        assert app_changes.counts(connection) == before


def test_a_database_of_an_earlier_version_counts_after_its_migration(store: Store) -> None:
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0017'")
        connection.exec_driver_sql("ALTER TABLE delivery DROP COLUMN stored_at")
        connection.exec_driver_sql("DROP TABLE app_change")
        connection.exec_driver_sql("DROP TRIGGER count_host_state_insert")

    store.migrate()

    grown = counted(store, lambda c: host_states.save(c, [HostState("shop", "h1")]))
    assert list(grown) == ["shop"]
