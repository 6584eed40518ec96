# SPDX-License-Identifier: GPL-3.0-or-later
"""What the commands say of an app that left the apps file."""

from __future__ import annotations

import json

import pytest

from tests.support.commands import V1, longshore
from tests.support.installation import Installation
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.executor.inventory import InventoryAnswer
from webhook_bridge.store import host_states, releases
from webhook_bridge.store.database import open_store

# A command leaves its connections to the end of its process, which is not the test's end.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
ANSWER = InventoryAnswer({"shop": ["h1"]})


@pytest.fixture
def orphaned(installation: Installation) -> Installation:
    """Return an installation whose app blog left the file; no host is asked."""
    store = open_store(installation.state)
    with store.write() as connection:
        new = NewRelease("blog", "r/acme/blog", "latest", V1, "deploy", "me")
        releases.desire(connection, new, now=1.0)
        state = HostState("blog", "h1", digest=V1, container="blog-1")
        host_states.save(connection, [state])
    store.close()
    return installation


def test_an_app_that_left_the_file_is_named_by_status(orphaned: Installation) -> None:
    done = longshore("status", config=orphaned.file)
    of_one = longshore("status", "blog", config=orphaned.file)
    told = json.loads(longshore("status", "--json", config=orphaned.file).stdout)

    sentence = "app blog has left the apps file and goes on running on h1 (blog-1)"
    assert sentence in done.stdout
    assert (of_one.returncode, sentence in of_one.stdout) == (3, True)
    assert told["orphans"] == [{"app": "blog", "containers": {"h1": "blog-1"}}]


def test_an_app_that_left_the_file_is_named_by_check_which_changes_nothing(
    orphaned: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhook_bridge.cli.check.ask_hosts", lambda *_: ANSWER)
    monkeypatch.setattr("webhook_bridge.cli.check.unknown_options", lambda *_: [])
    monkeypatch.setattr("webhook_bridge.cli.check.known_options", lambda _: None)

    done = longshore("check", config=orphaned.file)

    assert "note: app blog has left the apps file" in done.stdout


def test_a_removal_asks_first(orphaned: Installation) -> None:
    done = longshore("remove", "blog", config=orphaned.file)

    assert done.returncode == 1
    assert "Remove all containers of blog (on h1)?" in done.stderr
    assert longshore("remove", "shop", "--yes", config=orphaned.file).returncode == 4


def test_the_status_of_an_app_that_left_the_file_begins_with_that(orphaned: Installation) -> None:
    done = longshore("status", "blog", config=orphaned.file)

    assert done.stdout.startswith("app blog has left the apps file")


@pytest.mark.parametrize("command", ["deploy", "rollback", "reconcile"])
def test_what_needs_a_declared_app_names_the_removal_of_one_that_left_the_file(
    orphaned: Installation, command: str
) -> None:
    done = longshore(command, "blog", config=orphaned.file)

    assert done.returncode == 4
    assert "goes on running on h1 (blog-1): longshore remove blog takes it away" in done.stderr
    assert "declared: shop" in longshore(command, "nosuch", config=orphaned.file).stderr
