# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory is read by itself, and at once where somebody says that hosts came or went."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.installation import Installation
from tests.support.waiting import wait_for
from webhook_bridge.config.apps_reloader import open_apps
from webhook_bridge.domain.inventory import AppInventory
from webhook_bridge.service.inventory_watch import InventoryWatch
from webhook_bridge.store import Store, inventories
from webhook_bridge.store.database import open_store


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    folder = tmp_path / "longshore"
    folder.mkdir()
    return Installation(folder)


@pytest.fixture
def store(installation: Installation) -> Iterator[Store]:
    made = open_store(installation.state)
    yield made
    made.close()


class Watched:
    """A watch, what it asks, and how often it was answered."""

    def __init__(
        self, installation: Installation, store: Store, *, every: str, pause_s: float = 0.2
    ) -> None:
        self.installation, self.store = installation, store
        with installation.file.open("a") as settings:
            settings.write(f'\n[inventory]\nevery = "{every}"\n')
        self.came = threading.Event()
        self.watch = InventoryWatch(
            installation.settings(),
            store,
            open_apps(installation.settings()),
            came=self.came.set,
            pause_s=pause_s,
        )

    def is_asked_a_program(self) -> None:
        """Count each question in a file, and answer the hosts of another."""
        folder = self.installation.folder
        (folder / "inventory" / "hosts.yml").unlink()
        program = folder / "inventory" / "cloud"
        program.write_text(f"#!/bin/sh\necho x >> {folder}/asked\ncat {folder}/answer\n")
        program.chmod(0o755)

    def answers(self, *hosts: str) -> None:
        names = ", ".join(f'"{host}"' for host in hosts)
        text = f'{{"web": {{"hosts": [{names}]}}, "_meta": {{"hostvars": {{}}}}}}'
        (self.installation.folder / "answer").write_text(text)

    def asked(self) -> int:
        file = self.installation.folder / "asked"
        return len(file.read_text().split()) if file.exists() else 0

    def known(self) -> AppInventory | None:
        with self.store.read() as connection:
            return inventories.of_app(connection, "shop")

    def waits_for(self, *hosts: str) -> None:
        wait_for(
            lambda: (known := self.known()) is not None and known.hosts == hosts,
            f"the hosts are {hosts}",
            seconds=60,
        )


def test_the_hosts_are_read_at_the_start_and_when_an_event_came(
    installation: Installation, store: Store
) -> None:
    watched = Watched(installation, store, every="1h")
    watched.is_asked_a_program()
    watched.answers("h1", "h2")
    watched.watch.start()
    try:
        watched.waits_for("h1", "h2")
        watched.answers("h1", "h2", "h3")
        for _ in range(100):
            watched.watch.wake()
        watched.waits_for("h1", "h2", "h3")
    finally:
        watched.watch.stop()

    assert watched.asked() <= 3  # ansible asks a program once for each reading


def test_an_event_right_after_a_reading_is_not_kept_waiting(
    installation: Installation, store: Store
) -> None:
    watched = Watched(installation, store, every="1h", pause_s=3600)
    watched.is_asked_a_program()
    watched.answers("h1")
    watched.watch.start()
    try:
        watched.waits_for("h1")
        watched.answers("h1", "h2")
        watched.watch.wake()
        watched.waits_for("h1", "h2")
    finally:
        watched.watch.stop()


def test_a_loss_that_is_seen_twice_is_believed_by_itself(
    installation: Installation, store: Store
) -> None:
    watched = Watched(installation, store, every="1s")
    watched.is_asked_a_program()
    watched.answers("h1", "h2", "h3", "h4")
    watched.watch.start()
    try:
        watched.waits_for("h1", "h2", "h3", "h4")
        watched.answers("h1")
        watched.waits_for("h1")
    finally:
        watched.watch.stop()


def test_plain_files_are_read_when_they_change_and_not_again_and_again(
    installation: Installation, store: Store
) -> None:
    watched = Watched(installation, store, every="1s")
    watched.watch.start()
    try:
        watched.waits_for("h1", "h2", "h3")
        first = watched.known()
        assert first is not None
        wait_for(lambda: watched.known() != first, "the time of the reading is kept", seconds=30)
        installation.write_inventory("h1", "h2", "h3", "h4")
        watched.waits_for("h1", "h2", "h3", "h4")
    finally:
        watched.watch.stop()


def test_nothing_is_read_where_that_is_off(installation: Installation, store: Store) -> None:
    watched = Watched(installation, store, every="off")
    watched.is_asked_a_program()
    watched.answers("h1")
    watched.watch.start()
    watched.watch.stop()

    assert (watched.asked(), watched.known()) == (0, None)
