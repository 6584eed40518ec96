# SPDX-License-Identifier: GPL-3.0-or-later
"""Open the database, keep its schema current, and hand out transactions."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from webhook_bridge.errors import StoreUnavailable
from webhook_bridge.store.schema import newest_revision, revision

# Long enough for another process's commit, short enough for a sender that waits for its answer.
BUSY_TIMEOUT_S = 5.0
_RETRY_INTERVAL_S = 0.01
# The commit that fills the log also copies it into the database, and its sender waits for that:
# four times SQLite's default, 16 MB, makes it rarer and copies a page written often only once.
_LOG_PAGES = 4000


class Store:
    """One SQLite database, shared by the threads of this process and by other processes."""

    def __init__(self, file: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self.file = file
        self._engine = _sqlite_engine(file, busy_timeout_s)
        self._readers = _sqlite_engine(file, busy_timeout_s, only_read=True)
        self._write_lock = threading.Lock()
        self._watch_lock = threading.Lock()
        self._watcher: Connection | None = None

    def migrate(self) -> None:
        """Bring the schema to this version's; refuse a database that a newer version wrote."""
        with self.read() as connection:
            if revision(connection) == newest_revision():
                return
        from webhook_bridge.store.upgrading import upgrade  # noqa: PLC0415 -- slow import, rarely used

        with self.write() as connection:
            upgrade(connection, self.file)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection inside a read transaction: one consistent picture.

        It waits for no writer, and the database refuses whatever would change a row.
        """
        with self._errors_named(), self._readers.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            yield connection
            connection.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection inside a write transaction; it is on disk when the block ends.

        The lock keeps this process's writers in order: SQLite's own waiting is unfair and makes
        some of them wait for hundreds of milliseconds.
        """
        with self._transaction() as connection:
            yield connection
            connection.commit()

    @contextmanager
    def dry_run(self) -> Iterator[Connection]:
        """Yield a connection like `write`, and take all back that is done with it."""
        with self._transaction() as connection:
            yield connection
            connection.rollback()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._errors_named(), self._write_lock, self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise StoreUnavailable(
                f"{self.file}: {error.orig}; see that the disk has room and that no other "
                "program holds the file"
            ) from error

    def change_count(self) -> int:
        """Return a number that is another one after every commit, of this process or of others.

        SQLite compares it on one connection only ("PRAGMA data_version"), so there is one for it.
        It costs no query: whoever looks again and again asks this first.
        """
        with self._errors_named(), self._watch_lock:
            if self._watcher is None:
                self._watcher = self._readers.connect()
            return int(self._watcher.exec_driver_sql("PRAGMA data_version").scalar_one())

    def close(self) -> None:
        """Give all connections back."""
        with self._watch_lock:
            if self._watcher is not None:
                self._watcher.close()
                self._watcher = None
        self._engine.dispose()
        self._readers.dispose()


def open_store(folder: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Store:
    """Open the database in the state folder, its schema brought up to date.

    `busy_timeout_s`: seconds that a write waits for one of another process.
    """
    store = Store(_file(folder), busy_timeout_s=busy_timeout_s)
    store.migrate()
    return store


def store_as_it_is(folder: Path) -> Store | None:
    """Open the database in the state folder to read it, its schema as it is; None without one."""
    file = _file(folder)
    return Store(file) if file.exists() else None


def _file(folder: Path) -> Path:
    return folder / "longshore.db"


def _sqlite_engine(file: Path, busy_timeout_s: float, *, only_read: bool = False) -> Engine:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
    except OSError as error:
        raise StoreUnavailable(f"{file}: {error.strerror}; name another state_dir") from error
    engine = create_engine(
        f"sqlite:///{file}",
        pool_size=32,
        max_overflow=32,
        connect_args={"timeout": busy_timeout_s, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_connection)
    if only_read:
        event.listen(engine, "connect", _refuse_changes)
    return engine


def _prepare_connection(connection: Any, _record: object) -> None:
    # The driver must not begin transactions by itself: a write begins with BEGIN IMMEDIATE.
    connection.isolation_level = None
    _use_write_ahead_log(connection)
    for pragma in (
        "synchronous=FULL",
        "foreign_keys=ON",
        f"wal_autocheckpoint={_LOG_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _refuse_changes(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA query_only=ON")


def _use_write_ahead_log(connection: Any) -> None:
    """Switch a new database to WAL; one that has it already stays as it is.

    SQLite does not wait for others here, whatever the busy timeout: two processes that open a new
    database at the same time would see it fail (https://www.sqlite.org/c3ref/busy_handler.html,
    "the busy handler is not invoked if SQLite determines that a deadlock is possible").
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_INTERVAL_S)
        else:
            return
