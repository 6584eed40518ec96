# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that goes on is shown with what its hosts have reported so far."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest

from tests.support.claimed_app import GOOD, V1, V2, claimed, desire, finish
from tests.support.installation import Installation
from webhook_bridge.config.apps import load_apps
from webhook_bridge.domain.outcomes import Outcome, RunResult
from webhook_bridge.domain.run_steps import HostStep, RunSteps
from webhook_bridge.domain.runs import Work
from webhook_bridge.errors import StoreUnavailable
from webhook_bridge.operations import serializers
from webhook_bridge.operations.app_serializers import app_view
from webhook_bridge.operations.serializers import View
from webhook_bridge.runs.conclusions import free_from_the_dead, give_back
from webhook_bridge.runs.live_outcomes import LiveOutcomes
from webhook_bridge.state_folder import RunFiles
from webhook_bridge.store import Store, runs

SWITCHED = Outcome("h1", "updated", "switch", "", V2, running=V2)
STEPS = RunSteps((HostStep("h1", "stage", 1.0, 2.0, good=True),))


@pytest.fixture
def work(store: Store) -> Work:
    """A run that brings V2, where V1 ran before."""
    desire(store, V1)
    finish(store, claimed(store), GOOD)
    desire(store, V2)
    return claimed(store)


def run_view(store: Store, work: Work) -> View:
    with store.read() as connection:
        return serializers.run_details(connection, runs.get(connection, work.run.id))


def outcomes(store: Store, work: Work) -> list[tuple[str, str]]:
    return [(one["host"], one["outcome"]) for one in run_view(store, work)["outcomes"]]


def shown_app(store: Store, folder: Path) -> View:
    file = folder / "apps.yml"
    file.write_text('{"apps": {"shop": {"image": "r/acme/shop", "hosts": "web"}}}')
    with store.read() as connection:
        return app_view(connection, "shop", load_apps(file)["shop"])


def test_a_run_shows_the_outcome_of_its_canary_while_it_goes_on(store: Store, work: Work) -> None:
    LiveOutcomes(store, work).heard([SWITCHED])

    view = run_view(store, work)
    assert (view["state"], view["ended_at"]) == ("running", None)
    assert outcomes(store, work) == [("h1", "updated")]


def test_an_app_shows_what_the_canary_runs_while_the_run_goes_on(
    store: Store, work: Work, tmp_path: Path
) -> None:
    LiveOutcomes(store, work).heard([SWITCHED])

    app = shown_app(store, tmp_path)

    assert app["state"] == "running"
    [canary] = app["observed"]
    assert (canary["host"], canary["digest"], canary["drift"]) == ("h1", V2, None)
    assert [(one["host"], one["in_last_run"]) for one in app["outcomes"]] == [("h1", True)]


def test_an_outcome_of_the_run_before_is_not_taken_for_one_of_the_run_that_goes_on(
    store: Store, work: Work, tmp_path: Path
) -> None:
    assert work.release.digest == V2

    app = shown_app(store, tmp_path)

    assert [(one["digest"], one["in_last_run"]) for one in app["outcomes"]] == [(V1, False)]
    assert [one["digest"] for one in app["observed"]] == [V1]


def test_outcomes_of_many_hosts_are_one_transaction(
    store: Store, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    write = store.write
    monkeypatch.setattr(store, "write", lambda: (written.append(1), write())[1])

    LiveOutcomes(store, work).heard([replace(SWITCHED, host=f"h{n}") for n in range(300)])

    assert len(written) == 1
    assert len(outcomes(store, work)) == 300


def test_an_outcome_that_could_not_be_stored_comes_with_the_next(
    store: Store, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise StoreUnavailable("no room")

    live = LiveOutcomes(store, work)
    with monkeypatch.context() as away:
        away.setattr(store, "write", fail)
        live.heard([SWITCHED])

    live.heard([replace(SWITCHED, host="h2")])

    assert outcomes(store, work) == [("h1", "updated"), ("h2", "updated")]


def test_a_host_with_another_digest_is_never_shown_as_updated(store: Store, work: Work) -> None:
    LiveOutcomes(store, work).heard([replace(SWITCHED, digest=V1, running=V1)])

    assert outcomes(store, work) == [("h1", "failed")]


def test_the_end_of_a_run_counts_before_what_was_heard_in_it(store: Store, work: Work) -> None:
    LiveOutcomes(store, work).heard([replace(SWITCHED, outcome="failed")])

    finish(store, work, GOOD)

    assert outcomes(store, work) == [("h1", "updated")]


def test_what_is_heard_of_a_run_that_has_ended_replaces_nothing(store: Store, work: Work) -> None:
    give_back(store, work, RunResult("interrupted", "died", (SWITCHED,)))

    LiveOutcomes(store, work).heard([replace(SWITCHED, outcome="failed")])

    assert outcomes(store, work) == [("h1", "updated")]


def test_steps_are_stored_while_the_run_goes_on(store: Store, work: Work) -> None:
    LiveOutcomes(store, work).heard([], STEPS)

    assert [one["step"] for one in run_view(store, work)["steps"]] == ["stage"]


def test_steps_wait_for_a_store_that_is_away(
    store: Store, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = LiveOutcomes(store, work)
    with monkeypatch.context() as away:
        away.setattr(store, "write", Mock(side_effect=StoreUnavailable("no room")))
        live.heard([], STEPS)
    live.heard([SWITCHED])

    assert [one["step"] for one in run_view(store, work)["steps"]] == ["stage"]


def test_steps_of_a_run_that_has_ended_stay_as_they_are(store: Store, work: Work) -> None:
    finish(store, work, GOOD)

    LiveOutcomes(store, work).heard([], STEPS)

    assert run_view(store, work)["steps"] == []


def test_steps_of_a_worker_that_died_are_kept(
    store: Store, work: Work, installation: Installation
) -> None:
    files = RunFiles.of(installation.state, work.run.id)
    files.folder.mkdir(parents=True)
    told = [
        {"event": "expected", "hosts": ["h1"]},
        {"event": "host_step", "host": "h1", "step": "stage", "began": 1, "ended": 2, "good": 1},
    ]
    files.events.write_text("".join(json.dumps(one) + "\n" for one in told))

    worker = Mock(is_dead=lambda _owner: True)
    free_from_the_dead(installation.settings(), store, worker)

    assert [one["step"] for one in run_view(store, work)["steps"]] == ["stage"]
