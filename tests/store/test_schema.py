# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.errors import StoreUnavailable
from webhook_bridge.store import Store, deliveries, runs
from webhook_bridge.store.schema import MIGRATIONS, newest_revision, revision
from webhook_bridge.store.tables import metadata

V1 = f"sha256:{'1' * 64}"
_RELEASE = (
    "INSERT INTO release (id, app, generation, image, tag, digest, cause, actor, created_at, state)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_RUN = (
    "INSERT INTO run (id, app, release_id, generation, epoch, kind, hosts, state, reason, "
    "started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_OUTCOME = (
    "INSERT INTO outcome (run_id, host, outcome, step, reason, log, running)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_OPEN = """
import sys
from pathlib import Path
from webhook_bridge.store.database import open_store
open_store(Path(sys.argv[1])).close()
print("alembic" in sys.modules)
"""
DELIVERY = NewDelivery("hub", "dockerhub", "127.0.0.1", {}, b"{}", 1.0)


def test_a_fresh_database_has_exactly_the_tables_that_the_code_describes(store: Store) -> None:
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})

        assert compare_metadata(context, metadata) == []


def test_the_newest_migration_by_its_file_is_the_one_that_alembic_ends_with(store: Store) -> None:
    with store.read() as connection:
        found = revision(connection)

    assert newest_revision() == ScriptDirectory(str(MIGRATIONS)).get_current_head() == found


def test_a_database_without_tables_has_no_revision(tmp_path: Path) -> None:
    store = Store(tmp_path / "longshore.db")

    with store.read() as connection:
        assert revision(connection) is None

    store.close()


def test_alembic_is_imported_only_where_a_database_is_brought_up_to_date(tmp_path: Path) -> None:
    command_line = [sys.executable, "-c", _OPEN, str(tmp_path)]

    first, second = (subprocess.check_output(command_line, text=True).strip() for _ in range(2))

    assert (first, second) == ("True", "False")


def test_a_second_migration_changes_nothing_and_keeps_what_is_stored(store: Store) -> None:
    with store.write() as connection:
        identifier = deliveries.add(connection, DELIVERY)

    store.migrate()

    with store.read() as connection:
        assert [one.id for one in deliveries.latest(connection, limit=5)] == [identifier]


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(store: Store) -> None:
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(StoreUnavailable, match=r"newer Longshore \(schema 9999\); install"):
        store.migrate()

    with store.read() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == "9999"


def test_a_file_that_is_no_database_is_named_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "longshore.db"
    file.write_bytes(b"no database at all" * 1000)
    store = Store(file)

    with pytest.raises(StoreUnavailable) as caught:
        store.migrate()

    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert file.read_bytes().startswith(b"no database")
    store.close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(StoreUnavailable, match="taken"):
        Store(tmp_path / "taken" / "longshore.db")


def test_nobody_else_can_read_the_database(store: Store) -> None:
    assert stat.S_IMODE(store.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.file.parent.stat().st_mode) == 0o700


def test_a_commit_is_on_disk_before_it_returns(store: Store) -> None:
    with store.write() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        full = 2
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == full


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    def break_off() -> None:
        with store.write() as connection:
            deliveries.add(connection, DELIVERY)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()

    with store.write() as connection:
        assert deliveries.latest(connection, limit=5) == []


def test_a_reader_sees_one_picture_while_somebody_writes(store: Store) -> None:
    with store.read() as reading:
        before = deliveries.latest(reading, limit=5)
        with store.write() as writing:
            deliveries.add(writing, DELIVERY)

        assert deliveries.latest(reading, limit=5) == before == []


def test_a_database_that_somebody_else_holds_is_an_error_that_names_it(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path / "longshore.db", busy_timeout_s=0.05)
    store.migrate()
    other = sqlite3.connect(store.file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    with pytest.raises(StoreUnavailable, match="database is locked; see that"), store.write():
        pass

    other.close()
    store.close()


def test_a_migration_learns_from_old_runs_what_each_host_did_last(tmp_path: Path) -> None:
    store = Store(tmp_path / "longshore.db")
    migrate_to(store, "0005")
    release = ("x", "shop", 1, "i", "t", V1, "deploy", "me", 1.0, "good")
    done = [("r1", "h1", V1), ("r2", "h1", None), ("r3", "h2", None)]
    with store.write() as connection:
        sql = connection.exec_driver_sql
        sql(_RELEASE, release)
        for run, host, running in done:
            sql(_RUN, (run, "shop", "x", 1, 1, "deploy", "[]", "failed", "", 1.0))
            sql(_OUTCOME, (run, host, "failed", "", run, "[]", running))

    store.migrate()

    with store.read() as connection:
        found = runs.last_outcomes(connection, ["shop"])["shop"]
    assert {host: (one.reason, one.running) for host, one in found.items()} == {
        "h1": ("r2", V1),
        "h2": ("r3", None),
    }
    store.close()


def migrate_to(store: Store, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with store.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
