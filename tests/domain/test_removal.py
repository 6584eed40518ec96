# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from webhook_bridge.domain.hosts import HostState, Observation, SeenContainer
from webhook_bridge.domain.outcomes import RunReport
from webhook_bridge.domain.removal import Orphan, orphans_of, removal_end

LEFT = SeenContainer("shop-1", "id", "sha256:1", "running", "healthy")


def report(*observations: Observation, code: int | None = 0) -> RunReport:
    return RunReport(code, (), (), "said", observations=observations)


def test_an_app_that_left_the_file_is_an_orphan_with_its_hosts_and_containers() -> None:
    states = {
        "blog": [
            HostState("blog", "h1", digest="sha256:1", container="blog-1"),
            HostState("blog", "h2", digest=""),
            HostState("blog", "h3"),
        ]
    }

    found = orphans_of(["shop", "blog", "alone"], ["shop"], states)

    assert found == [Orphan("alone", {}), Orphan("blog", {"h1": "blog-1", "h3": None})]
    assert "goes on running on h1 (blog-1), h3: longshore remove blog" in found[1].sentence
    assert "may go on running" in found[0].sentence


def test_a_removal_is_complete_where_no_host_shows_anything() -> None:
    end = removal_end(report(Observation("h1"), Observation("h2")), known=["h1", "h9"])

    assert (end.is_complete, end.gone) == (True, ("h1", "h2"))
    assert "no longer in the inventory, so look there yourself: h9" in end.result.reason


def test_hosts_that_are_away_or_keep_something_are_named() -> None:
    away, kept = Observation("h2", unreachable="no route"), Observation("h3", (LEFT,))

    end = removal_end(report(Observation("h1"), away, kept, code=4), known=[])

    assert (end.result.state, end.gone) == ("partial", ("h1",))
    assert "h2: no route; h3 still has shop-1" in end.result.reason


def test_a_removal_that_reached_nobody_has_failed() -> None:
    away = Observation("h1", unreachable="no route")

    assert removal_end(report(away), known=["h1"]).result.state == "failed"
    assert removal_end(report(), known=["h1"]).result.state == "failed"
    assert removal_end(report(code=None), known=[]).result.state == "interrupted"
