# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads wait for nobody and change nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from tests.support.installation import TOKEN, Installation
from webhook_bridge.cli.main import longshore
from webhook_bridge.domain.app_state import claimed
from webhook_bridge.domain.exit_codes import ExitCode
from webhook_bridge.domain.releases import AppRow, NewRelease
from webhook_bridge.errors import StoreUnavailable
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import Store, releases
from webhook_bridge.store.database import open_store
from webhook_bridge.web.application import create_app

V1, V2 = (f"sha256:{digit * 64}" for digit in "12")


@pytest.fixture
def held(installation: Installation) -> Iterator[Installation]:
    """An installation whose database another program has locked for writing."""
    store = open_store(installation.settings().state_dir)
    store.close()
    other = sqlite3.connect(store.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield installation
    other.close()


def desire(store: Store, digest: str) -> None:
    new = NewRelease("shop", "r/acme/shop", "latest", digest, "delivery", "hook hub")
    with store.write() as connection:
        releases.desire(connection, new, now=1.0)


def test_a_read_does_not_wait_for_a_write_lock_that_is_held(held: Installation) -> None:
    store = Store(held.settings().state_dir / "longshore.db", busy_timeout_s=0.05)
    with store.read() as connection:
        assert releases.app_row(connection, "shop") == AppRow("shop")
        assert releases.desired(connection, "shop") is None
    with pytest.raises(StoreUnavailable, match="locked"), store.write():
        pass
    store.close()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        # The app was never deployed.
        (("status",), ExitCode.PARTIAL),
        (("status", "shop"), ExitCode.PARTIAL),
        (("releases", "shop"), ExitCode.OK),
    ],
)
def test_commands_that_only_show_need_no_write_lock(
    held: Installation, arguments: tuple[str, ...], code: ExitCode
) -> None:
    done = CliRunner().invoke(longshore, ["--config", str(held.file), *arguments])

    assert done.exit_code == code, done.output


@pytest.mark.parametrize("route", ["/apps", "/apps/shop", "/apps/shop/releases", "/runs"])
def test_routes_that_only_show_need_no_write_lock(held: Installation, route: str) -> None:
    bridge = Bridge(held.settings())
    client = create_app(bridge).test_client()

    answer = client.get(f"/api/v1{route}", headers={"Authorization": f"Bearer {TOKEN}"})

    assert answer.status_code == 200
    bridge.store.close()
    bridge._lock.release()


def test_a_read_cannot_change_anything(store: Store) -> None:
    with pytest.raises(StoreUnavailable, match="readonly"), store.read() as connection:
        releases.locked_app_row(connection, "shop")

    with store.read() as connection:
        assert releases.app_rows(connection) == []


def test_a_row_that_is_locked_is_there_afterwards(store: Store) -> None:
    with store.write() as connection:
        assert releases.locked_app_row(connection, "shop") == AppRow("shop")

    with store.read() as connection:
        assert releases.app_rows(connection) == [AppRow("shop")]


def test_a_claim_of_what_was_read_before_a_newer_wish_takes_nothing(store: Store) -> None:
    desire(store, V1)
    with store.read() as connection:
        row = releases.app_row(connection, "shop")
    desire(store, V2)

    with store.write() as connection:
        assert not releases.swap_app(connection, row, claimed(row, "w1"))

    with store.read() as connection:
        assert releases.app_row(connection, "shop").owner is None


def test_of_two_workers_that_read_the_same_row_one_gets_the_app(store: Store) -> None:
    desire(store, V1)
    with store.read() as connection:
        row = releases.app_row(connection, "shop")

    with store.write() as connection:
        taken = [releases.swap_app(connection, row, claimed(row, name)) for name in ("w1", "w2")]

    assert taken == [True, False]
    with store.read() as connection:
        assert releases.owners(connection) == {"shop": "w1"}
