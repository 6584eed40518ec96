# SPDX-License-Identifier: GPL-3.0-or-later
"""What `longshore status` shows of apps and hosts."""

from __future__ import annotations

import pytest

from tests.support.commands import V1, V2, as_json, begin_run, longshore, released
from tests.support.installation import Installation
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.outcomes import Outcome
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.store import host_states, releases, runs
from webhook_bridge.store.database import open_store

# A command leaves its connections to the end of its process, which is not the test's end.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def test_runs_and_status_tell_why(installation: Installation, filled: str) -> None:
    assert "h1: port taken" in longshore("runs", config=installation.file).stdout
    assert "h1: port taken" in longshore("status", config=installation.file).stdout
    [app] = as_json("status", config=installation.file, returncode=1)["apps"]
    assert (app["state"], app["release"]["digest"]) == ("failed", V1)


def test_status_shows_what_runs_and_not_only_what_was_asked_for(installation: Installation) -> None:
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        for digest, told in (
            (V1, ("updated", V1)),
            (V2, ("restored", V1)),
            (V2, ("skipped", None)),
        ):
            new = NewRelease("shop", "r/acme/shop", "latest", digest, "deploy", "me")
            release = releases.desire(connection, new, now=1.0)
            run = runs.start(connection, NewRun("shop", release.id, 1, 1, "deploy", ()), now=2.0)
            word, running = told
            runs.add_outcomes(
                connection, run.id, [Outcome("h1", word, "switch", "why", digest, running=running)]
            )
    store.close()

    text = longshore("status", "shop", config=installation.file).stdout

    assert f"h1    {V1[7:19]}  -       -      skipped" in text


def test_a_run_that_goes_on_is_shown_with_its_canary(installation: Installation) -> None:
    here = {host: HostState("shop", host, reached=True, digest=V1) for host in ("h1", "h2")}
    released(installation, "shop", **here)
    run = begin_run(installation, Outcome("h1", "updated", "switch", "", V2, running=V2))

    shown = longshore("status", "shop", config=installation.file).stdout

    assert f"run {run[:8]} goes on: so far h1 updated" in shown
    assert "1/2" in shown
    assert f"h1    {V2[7:19]}  -       -      updated" in shown
    assert f"h2    {V1[7:19]}  -       -      waiting" in shown
    listed = longshore("runs", run, config=installation.file).stdout
    assert "h1    updated" in listed


def test_a_run_in_which_nobody_reported_yet_shows_nothing_of_the_run_before(
    installation: Installation,
) -> None:
    released(installation, "shop", h1=HostState("shop", "h1", reached=True, digest=V1))
    run = begin_run(installation)

    shown = longshore("status", "shop", config=installation.file).stdout

    assert f"run {run[:8]} goes on: no host has reported yet" in shown
    assert f"h1    {V1[7:19]}  -       -      waiting" in shown
    assert "why" not in shown


def test_status_tells_how_a_host_differs_and_why(installation: Installation, filled: str) -> None:
    store = open_store(installation.settings().state_dir)
    away = HostState("shop", "h2", reached=False, digest=f"sha256:{'2' * 64}")
    with store.write() as connection:
        host_states.save(connection, [away])
    store.close()

    shown = longshore("status", "shop", config=installation.file)

    assert "h2 could not be reached at the time" in shown.stdout
    [app] = as_json("status", config=installation.file, returncode=1)["apps"]
    assert app["observed"][0]["drift"]["reason"] == "unreachable"


def test_status_counts_no_host_that_the_inventory_lost(installation: Installation) -> None:
    released(installation, "shop", h1=HostState("shop", "h1", reached=True, digest=V1))

    shown = longshore("status", "shop", config=installation.file).stdout

    assert "1/1" in shown
    assert "h2" not in shown


def test_status_says_since_when_a_host_is_away(installation: Installation) -> None:
    away = HostState("shop", "h1", reached=False, seen_at=86400.0, digest=V1)
    released(installation, "shop", h1=away)

    shown = longshore("status", "shop", config=installation.file).stdout

    assert "not reached since 1970-01-02 00:00:00 UTC" in shown


def test_status_shows_how_a_container_is_that_does_not_serve(installation: Installation) -> None:
    paused = HostState("shop", "h1", reached=True, digest=V1, health="paused")
    released(installation, "shop", h1=paused)

    shown = longshore("status", "shop", config=installation.file).stdout

    assert f"h1    latest {V1[7:19]}  paused  unhealthy" in shown


def test_status_names_other_options_once_and_how_to_roll_them_out(
    installation: Installation,
) -> None:
    names = ("env LOG_LEVEL", "published_ports")
    states = {
        host: HostState("shop", host, reached=True, digest=V1, other_options=names[:number])
        for number, host in enumerate(("h0", "h1", "h2"))
    }
    released(installation, "shop", **states)

    shown = longshore("status", "--full", config=installation.file).stdout

    assert (
        "2 of 3 hosts run other options: env LOG_LEVEL, published_ports; to roll these out: "
        "longshore deploy shop --same; 2 of 2"
    ) in shown
    detail = longshore("status", "shop", config=installation.file).stdout
    assert f"h2    latest {V1[7:19]}  -       options" in detail
    assert "h1: runs with other options than it should have: env LOG_LEVEL" in detail


def test_a_run_without_a_reason_leaves_no_empty_piece(installation: Installation) -> None:
    released(installation, "shop", h1=HostState("shop", "h1", reached=True, digest=V2))
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        [run] = runs.latest(connection, app="shop", limit=1)
        connection.exec_driver_sql("UPDATE run SET reason = ''")
    store.close()

    shown = longshore("status", "shop", config=installation.file).stdout

    assert run.state == "succeeded"
    assert "  ;" not in shown
    assert ": ;" not in shown
    assert "h1 still runs another digest" in shown
