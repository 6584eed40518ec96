# SPDX-License-Identifier: GPL-3.0-or-later
"""What lists of events and releases show where a terminal is narrow, and where it is not."""

from __future__ import annotations

import re
import time

import pytest

from tests.support.commands import V2, longshore
from tests.support.installation import Installation
from webhook_bridge.domain.events import KINDS, NewEvent
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.store import events, holds, releases
from webhook_bridge.store.database import open_store

# A command leaves its connections to the end of its process, which is not the test's end.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
LONG = "the port 80 is held by another process of this host " * 9
LONG_NAME = "payments-of-the-whole-company-in-europe"


def fill_lists(installation: Installation) -> None:
    """Have events and releases of every kind of width, of an app with a long name, too."""
    installation.write_app("shop", LONG_NAME)
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        for kind in KINDS:
            for app, actor in (
                ("shop", "hook hub"),
                (LONG_NAME, "cli:somebody@controller.example.com"),
            ):
                data = {"roles": {"shop": "operate"}, "reason": LONG}
                told = NewEvent(kind, actor, time.time(), app, host="h1", data=data)
                events.record(connection, told)
        for tag in ("latest", "2026.11.30-nightly-build-0123456789abcdef"):
            new = NewRelease("shop", "r/acme/shop", tag, V2, "rollback", "cli:me@example.com")
            release = releases.desire(connection, new, now=time.time())
            releases.mark(connection, release.id, "superseded")
        holds.hold(
            connection,
            "shop",
            V2,
            reason="rolled back by ann, who saw it fail",
            run_id=None,
            now=1.0,
        )
    store.close()


@pytest.mark.parametrize("words", [("events", "--limit", "200"), ("releases", "shop")])
def test_each_event_and_release_is_one_line_of_80_columns(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    fill_lists(installation)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")

    lines = longshore(*words, config=installation.file).stdout.splitlines()

    shown = [re.sub("\x1b[^m]*m", "", line).rstrip() for line in lines]
    entries = {"events": 2 * len(KINDS), "releases": 2}[words[0]]
    assert len(shown) == 1 + entries
    assert max(map(len, shown)) <= 80
    assert all(re.match(r"(> |  |)\s?[0-9-]{5,10}", line) for line in shown[1:])


def test_what_has_no_room_at_80_columns_is_shown_on_demand_and_where_there_is_room(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_lists(installation)
    monkeypatch.setenv("FORCE_COLOR", "1")

    monkeypatch.setenv("COLUMNS", "80")
    brief = longshore("releases", "shop", config=installation.file).stdout
    whole = longshore("releases", "shop", "--full", config=installation.file).stdout
    monkeypatch.setenv("COLUMNS", "200")
    wide = longshore("releases", "shop", config=installation.file).stdout

    assert ("HELD" in brief, "held" in brief) == (False, True)
    assert all("rolled back by ann" in one and "RELEASE" in one for one in (whole, wide))
