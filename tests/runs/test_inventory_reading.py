# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory is read by Ansible itself, and what follows is stored."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.support.app_rows import change_app
from tests.support.dispatching import V1, Running
from tests.support.installation import Installation
from tests.support.waiting import wait_for
from webhook_bridge.config.apps import load_apps
from webhook_bridge.domain.events import WantedEvents
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.inventory import AppInventory
from webhook_bridge.errors import Refused
from webhook_bridge.operations.inventory import confirm
from webhook_bridge.runs.inventory_reading import bring_new_hosts, read_inventory
from webhook_bridge.store import Store, events, host_states, inventories, releases

PROGRAM = """#!/bin/sh
[ -f {answer} ] || {{ echo 'Request limit exceeded.' >&2; exit 3; }}
cat {answer}
"""


class Cloud:
    """An inventory that a program answers."""

    def __init__(self, installation: Installation) -> None:
        self.answer = installation.folder / "answer.json"
        (installation.folder / "inventory" / "hosts.yml").unlink()
        program = installation.folder / "inventory" / "cloud"
        program.write_text(PROGRAM.format(answer=self.answer))
        program.chmod(0o755)

    def has(self, *hosts: str) -> None:
        quoted = ", ".join(f'"{host}"' for host in hosts)
        self.answer.write_text(f'{{"web": {{"hosts": [{quoted}]}}, "_meta": {{"hostvars": {{}}}}}}')

    def fails(self) -> None:
        self.answer.unlink()


@pytest.fixture
def cloud(installation: Installation) -> Cloud:
    return Cloud(installation)


def read(installation: Installation, store: Store) -> AppInventory:
    settings = installation.settings()
    read_inventory(settings, store, load_apps(settings.ansible.apps_file))
    with store.read() as connection:
        found = inventories.of_app(connection, "shop")
    assert found is not None
    return found


def kinds(store: Store) -> list[str]:
    with store.read() as connection:
        return [one.kind for one in events.matching(connection, WantedEvents(), limit=99)][::-1]


def test_a_cloud_that_fails_or_loses_many_hosts_forgets_none(
    installation: Installation, store: Store, cloud: Cloud
) -> None:
    cloud.has("h1", "h2", "h3", "h4")
    read(installation, store)
    with store.write() as connection:
        host_states.save(connection, [HostState("shop", f"h{n}") for n in (1, 2, 3, 4)])
    cloud.fails()
    failed = read(installation, store)
    cloud.has("h1")
    shrank = read(installation, store)

    assert (failed.state, shrank.state) == ("failed", "shrank")
    assert "Request limit exceeded." in failed.reason
    assert failed.hosts == shrank.hosts == ("h1", "h2", "h3", "h4")
    with store.read() as connection:
        assert len(host_states.of_app(connection, "shop")) == 4
    assert kinds(store) == ["inventory.failed", "inventory.shrank"]

    confirm(store, "shop", actor="me", now=1.0)

    with store.read() as connection:
        assert list(host_states.of_app(connection, "shop")) == ["h1"]
    with pytest.raises(Refused, match="has lost no hosts"):
        confirm(store, "shop", actor="me", now=2.0)


def test_new_hosts_wait_for_the_release_as_those_do_that_were_away(
    installation: Installation, store: Store, cloud: Cloud, running: Running
) -> None:
    running.settle_after(V1)
    running.stop()
    cloud.has("h1", "h2", "h3", "h4")
    known = read(installation, store)

    brought = bring_new_hosts(store, load_apps(installation.apps_file))

    assert known.new == ("h4",)
    assert brought == ["shop"]
    assert running.row().pending_hosts == ["h4"]
    assert bring_new_hosts(store, load_apps(installation.apps_file)) == []


def test_an_app_that_somebody_works_on_gets_its_new_hosts_later(
    installation: Installation, store: Store, cloud: Cloud, running: Running
) -> None:
    running.settle_after(V1)
    running.stop()
    with store.write() as connection:
        change_app(connection, "shop", owner="somebody")
    cloud.has("h1", "h2", "h3", "h4")
    read(installation, store)
    apps = load_apps(installation.apps_file)

    assert bring_new_hosts(store, apps) == []
    with store.write() as connection:
        change_app(connection, "shop", owner=None)
    assert bring_new_hosts(store, apps) == ["shop"]


def test_an_app_that_is_wrong_does_not_keep_the_others_from_being_read(
    installation: Installation, store: Store, cloud: Cloud
) -> None:
    cloud.has("h1")
    text = installation.apps_file.read_text()
    installation.apps_file.write_text(
        text.replace(
            '"shop": {', '"here": {"image": "x.example/y", "hosts": "localhost"}, "shop": {'
        )
    )

    found = read(installation, store)

    assert (found.state, found.hosts) == ("read", ("h1",))
    with store.read() as connection:
        here = inventories.of_app(connection, "here")
    assert here is not None
    assert here.state == "failed"
    assert "names this machine" in here.reason


def test_what_a_person_wrote_into_a_file_is_believed_at_once(
    installation: Installation, store: Store
) -> None:
    before = read(installation, store)
    installation.write_inventory("h1")
    after = read(installation, store)

    assert (len(before.hosts), after.state, after.hosts) == (3, "read", ("h1",))


def test_the_hosts_of_an_app_that_is_removed_are_forgotten(
    installation: Installation, store: Store
) -> None:
    read(installation, store)
    with store.write() as connection:
        releases.forget_app(connection, "shop")
        assert inventories.of_app(connection, "shop") is None


def test_nobody_waits_for_an_answer_once_the_bridge_stops(
    installation: Installation, store: Store, tmp_path: Path
) -> None:
    (installation.folder / "inventory" / "hosts.yml").unlink()
    program = installation.folder / "inventory" / "cloud"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\nsleep 600\n")
    program.chmod(0o755)
    stop = threading.Event()
    settings = installation.settings()
    apps = load_apps(settings.ansible.apps_file)
    thread = threading.Thread(
        target=read_inventory, args=(settings, store, apps), kwargs={"stop": stop}
    )
    thread.start()
    wait_for((tmp_path / "asked").exists, "the program is asked", seconds=30)
    stop.set()
    thread.join(60)

    assert not thread.is_alive()
    assert kinds(store) == []


def test_what_waited_for_the_inventory_is_tried_when_it_answers_again(
    installation: Installation, store: Store, cloud: Cloud, running: Running
) -> None:
    running.settle_after(V1)
    running.stop()
    with store.write() as connection:
        change_app(connection, "shop", generation=2, attempts=7, due_at=1e12)
    cloud.has("h1", "h2", "h3")
    cloud.fails()
    read(installation, store)
    waits = running.row()
    cloud.has("h1", "h2", "h3")
    read(installation, store)

    assert (waits.attempts, waits.due_at) == (7, 1e12)
    assert running.row().attempts == 0
    assert running.row().due_at < 1e11
