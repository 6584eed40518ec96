# SPDX-License-Identifier: GPL-3.0-or-later
"""Apps that left the apps file: named, and taken away."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.installation import Installation
from webhook_bridge.domain.hosts import HostState, Observation
from webhook_bridge.domain.outcomes import RunReport
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.errors import NotFound, Refused
from webhook_bridge.runs import removal
from webhook_bridge.store import Store, holds, host_states, releases, runs

V1 = "sha256:" + "1" * 64


@pytest.fixture
def installation(tmp_path: Path, store: Store) -> Installation:
    """Return a bridge whose app blog, on h1 and h2, left the file."""
    folder = tmp_path / "longshore"
    folder.mkdir()
    with store.write() as connection:
        new = NewRelease("blog", "r/acme/blog", "latest", V1, "deploy", "me")
        release = releases.desire(connection, new, now=time.time())
        releases.mark(connection, release.id, "good")
        states = [HostState("blog", h, digest=V1, container="blog-1") for h in ("h1", "h2")]
        host_states.save(connection, states)
        holds.hold(connection, "blog", V1, reason="put back", run_id=None, now=1.0)
    return Installation(folder)


def remove(installation: Installation, store: Store, *seen: Observation) -> Any:
    played = []

    def play(_settings: object, work: Any, **_: Any) -> RunReport:
        played.append(work.run.kind)
        return RunReport(0, (), (), observations=seen)

    run = removal.remove(
        installation.settings(), store, {"shop"}, name="blog", actor="me", run=play
    )
    assert played == ["remove"]
    return run


def test_a_removed_app_is_known_no_more_but_its_history_stays(
    installation: Installation, store: Store
) -> None:
    run = remove(installation, store, Observation("h1"), Observation("h2"))

    assert run.state == "succeeded"
    with store.read() as connection:
        assert removal.orphans(connection, {"shop"}) == []
        assert holds.held_digests(connection, "blog") == {}
        assert [one.state for one in releases.latest(connection, "blog", limit=9)] == ["superseded"]
        assert [one.kind for one in runs.latest(connection, app="blog", limit=9)] == ["remove"]


def test_a_host_that_is_away_keeps_the_app_an_orphan_and_it_can_be_asked_for_again(
    installation: Installation, store: Store
) -> None:
    run = remove(installation, store, Observation("h1"), Observation("h2", unreachable="no route"))

    assert (run.state, "h2: no route" in run.reason) == ("partial", True)
    with store.read() as connection:
        [left] = removal.orphans(connection, {"shop"})
        assert left.containers == {"h2": "blog-1"}
    assert remove(installation, store, Observation("h1"), Observation("h2")).state == "succeeded"


def test_a_declared_app_and_one_that_never_ran_are_refused(
    installation: Installation, store: Store
) -> None:
    settings = installation.settings()

    with pytest.raises(Refused, match="still in the apps file"):
        removal.remove(settings, store, {"blog"}, name="blog", actor="me")
    with pytest.raises(NotFound):
        removal.remove(settings, store, {"shop"}, name="other", actor="me")


def test_a_removal_that_cannot_be_run_leaves_the_app_free(
    installation: Installation, store: Store
) -> None:
    def play(*_: Any, **__: Any) -> RunReport:
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        removal.remove(installation.settings(), store, {"shop"}, name="blog", actor="me", run=play)

    with store.read() as connection:
        assert releases.owners(connection) == {}
        assert len(removal.orphans(connection, {"shop"})) == 1
