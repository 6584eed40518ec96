# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from webhook_bridge.config.apps import Apps, load_apps
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.outcomes import Outcome
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.operations.app_serializers import app_views
from webhook_bridge.operations.serializers import View
from webhook_bridge.store import Store, host_states, releases, runs

V1, V2 = (f"sha256:{digit * 64}" for digit in "12")
SWITCHED = Outcome("h1", "updated", "switch", "", V1, running=V1)


def declared(folder: Path, number: int) -> Apps:
    app = {"image": "docker.io/acme/shop", "hosts": "web"}
    file = folder / f"{number}.yml"
    file.write_text(json.dumps({"apps": {f"app{n}": app for n in range(number)}}))
    return load_apps(file)


def run_once(store: Store, app: str, *outcomes: Outcome, times: int = 1) -> None:
    """Have a release of an app, and runs of it that ended so."""
    with store.write() as connection:
        new = NewRelease(app, "docker.io/acme/shop", "latest", V1, "deploy", "me")
        release = releases.desire(connection, new, now=1.0)
        for _ in range(times):
            run = runs.start(connection, NewRun(app, release.id, 1, 1, "deploy"), now=2.0)
            runs.add_outcomes(connection, run.id, outcomes)
            runs.finish(connection, run.id, state="succeeded", reason="", now=3.0)
        host_states.save(connection, [HostState(app, one.host) for one in outcomes])


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect what any database is asked meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def shown(store: Store, apps: Apps) -> list[View]:
    with store.read() as connection:
        return app_views(connection, apps)


def queries(store: Store, apps: Apps) -> list[str]:
    with statements() as asked:
        shown(store, apps)
    return asked


def test_the_list_of_twenty_apps_with_many_old_runs_costs_the_queries_of_one(
    store: Store, tmp_path: Path
) -> None:
    one, twenty = declared(tmp_path, 1), declared(tmp_path, 20)
    before = queries(store, one)
    for name in twenty:
        run_once(store, name, SWITCHED, replace(SWITCHED, host="h2"), times=30)

    assert len(queries(store, one)) == len(queries(store, twenty)) == len(before)


def test_the_list_of_apps_reads_no_outcomes_of_old_runs(store: Store, tmp_path: Path) -> None:
    apps = declared(tmp_path, 1)
    run_once(store, "app0", SWITCHED, times=50)
    with store.write() as connection:
        # A row that nobody could read: only the newest run's is whole.
        connection.exec_driver_sql(
            "UPDATE outcome SET log = 'broken' WHERE run_id NOT IN "
            "(SELECT id FROM run ORDER BY seq DESC LIMIT 1)"
        )

    [app] = shown(store, apps)

    assert [one["host"] for one in app["outcomes"]] == ["h1"]


def test_a_host_that_did_not_get_to_say_runs_what_a_run_saw_last(
    store: Store, tmp_path: Path
) -> None:
    run_once(store, "app0", SWITCHED)
    run_once(store, "app0", replace(SWITCHED, outcome="unreachable", running=None))

    [app] = shown(store, declared(tmp_path, 1))

    [outcome] = app["outcomes"]
    assert (outcome["outcome"], outcome["running"]) == ("unreachable", V1)


def test_a_look_at_the_hosts_is_not_the_last_run(store: Store, tmp_path: Path) -> None:
    run_once(store, "app0", SWITCHED)
    with store.write() as connection:
        release = releases.desired(connection, "app0")
        assert release is not None
        look = runs.start(connection, NewRun("app0", release.id, 1, 2, "observe"), now=4.0)

    [app] = shown(store, declared(tmp_path, 1))

    assert app["last_run"]["kind"] == "deploy"
    assert app["last_observation"]["id"] == look.id


def test_an_app_that_nobody_wished_for_is_shown_and_not_stored(
    store: Store, tmp_path: Path
) -> None:
    [app] = shown(store, declared(tmp_path, 1))

    assert (app["state"], app["release"], app["observed"]) == ("never deployed", None, [])
    with store.read() as connection:
        assert releases.app_rows(connection) == []


@pytest.mark.parametrize("number", [0, 1])
def test_as_many_apps_are_shown_as_are_declared(store: Store, tmp_path: Path, number: int) -> None:
    assert len(shown(store, declared(tmp_path, number))) == number
