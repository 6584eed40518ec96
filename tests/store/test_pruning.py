# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.support.app_rows import change_app
from webhook_bridge.config.retention import Keep, RetentionTable
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.domain.image_labels import ImageLabels
from webhook_bridge.domain.outcomes import Outcome
from webhook_bridge.domain.releases import NewRelease, Release, ReleaseState
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.service.pruning import Pruning
from webhook_bridge.store import Store, deliveries, image_labels, pruning, releases, runs

NOW = 1_000_000.0
DIGEST = "sha256:" + "a" * 64


def add_delivery(store: Store, *, at: float, verdict: str | None = "unchanged") -> str:
    with store.write() as connection:
        identifier = deliveries.add(connection, NewDelivery("hub", "x", "::1", {}, b"{}", at))
        if verdict is not None:
            deliveries.decide(connection, identifier, code=verdict, detail="", now=at)
    return identifier


def delivery_ids(store: Store) -> list[str]:
    with store.read() as connection:
        return [one.id for one in reversed(deliveries.latest(connection, limit=1000))]


def add_release(store: Store, app: str = "shop", state: ReleaseState = "good") -> Release:
    with store.write() as connection:
        new = NewRelease(app, "docker.io/acme/shop", "latest", DIGEST, "delivery", "hook hub")
        release = releases.desire(connection, new, now=NOW)
        releases.mark(connection, release.id, state)
    return release


def add_run(
    store: Store, release: Release, *, at: float, host: str = "h1", running: str | None = None
) -> str:
    with store.write() as connection:
        new = NewRun(release.app, release.id, release.generation, 1, "deploy", ())
        run = runs.start(connection, new, now=at)
        outcome = Outcome(host, "updated", step="", reason="", running=running)
        runs.add_outcomes(connection, run.id, [outcome])
        runs.finish(connection, run.id, state="succeeded", reason="", now=at)
    return run.id


def run_ids(store: Store) -> set[str]:
    with store.read() as connection:
        return pruning.run_ids(connection, active=False)


def test_deliveries_go_when_they_are_too_many_or_too_old(store: Store) -> None:
    old = [add_delivery(store, at=NOW - 100) for _ in range(3)]
    young = [add_delivery(store, at=NOW) for _ in range(500)]

    assert pruning.prune_deliveries(store, Keep(number=503, age=200), now=NOW) == 0
    assert pruning.prune_deliveries(store, Keep(number=502, age=200), now=NOW) == 1
    assert delivery_ids(store) == old[1:] + young
    assert pruning.prune_deliveries(store, Keep(number=1000, age=50), now=NOW) == 2
    assert pruning.prune_deliveries(store, Keep(number=10, age=50), now=NOW) == 490
    assert delivery_ids(store) == young[-10:]


def test_a_delivery_that_waits_for_its_verdict_stays(store: Store) -> None:
    waiting = add_delivery(store, at=0, verdict=None)
    add_delivery(store, at=0)

    assert pruning.prune_deliveries(store, Keep(number=1, age=1), now=NOW) == 1
    assert delivery_ids(store) == [waiting]


def test_runs_go_but_those_that_did_something_on_a_host_last(store: Store) -> None:
    release = add_release(store)
    add_run(store, release, at=0, host="h1", running=DIGEST)
    add_run(store, release, at=0, host="h1")
    last_of_h2 = add_run(store, release, at=0, host="h2", running=DIGEST)
    last_of_h1 = add_run(store, release, at=0, host="h1")
    with store.read() as connection:
        before = runs.last_outcomes(connection, ["shop"])

    assert pruning.prune_runs(store, Keep(number=1, age=1), now=NOW) == 2

    assert run_ids(store) == {last_of_h2, last_of_h1}
    with store.read() as connection:
        assert runs.last_outcomes(connection, ["shop"]) == before


def test_a_run_that_has_not_ended_stays(store: Store) -> None:
    release = add_release(store)
    with store.write() as connection:
        new = NewRun("shop", release.id, 1, 1, "deploy", ())
        active = runs.start(connection, new, now=0)
    newest = add_run(store, release, at=NOW)

    pruning.prune_runs(store, Keep(number=1, age=1), now=NOW)

    assert run_ids(store) == {active.id, newest}


def test_what_an_app_runs_or_may_go_back_to_stays(store: Store) -> None:
    failed = add_release(store, state="failed")
    good = [add_release(store) for _ in range(25)]
    with store.write() as connection:
        change_app(connection, "shop", release_id=good[0].id)

    pruning.prune_runs(store, Keep(number=1, age=1), now=NOW + 10)

    with store.read() as connection:
        kept = {one.id for one in releases.latest(connection, "shop", limit=99)}
    assert failed.id not in kept
    assert kept == {good[0].id} | {one.id for one in good[-20:]}


def test_logs_go_by_number_and_age_and_with_their_run(store: Store, tmp_path: Path) -> None:
    release = add_release(store)
    known = [add_run(store, release, at=NOW) for _ in range(3)]
    for name in [*known, "of-no-run"]:
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "log").write_text("said")
    keep = RetentionTable(logs=Keep(number=2, age=1e12))

    Pruning(store, tmp_path, keep).prune(now=NOW)

    left = {folder.name for folder in (tmp_path / "runs").iterdir()}
    assert len(left & set(known)) == 2
    assert "of-no-run" not in left
    assert run_ids(store) == set(known)


@pytest.mark.parametrize("keep", [{"number": 0, "age": "1d"}, {"number": 1, "age": "ever"}])
def test_nothing_is_kept_for_ever(keep: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RetentionTable.model_validate({"runs": keep})


def test_labels_of_images_go_with_the_last_release_of_them(store: Store) -> None:
    for _ in range(2):
        add_release(store, state="failed")
    kept = f"sha256:{'b' * 64}"
    with store.write() as connection:
        new = NewRelease("shop", "docker.io/acme/shop", "latest", kept, "delivery", "hook hub")
        releases.desire(connection, new, now=NOW)
        for digest in (DIGEST, kept):
            image_labels.put(connection, digest, ImageLabels("1.4.2"))

    pruning.prune_runs(store, Keep(number=1, age=10), now=NOW + 100)

    with store.read() as connection:
        assert set(image_labels.of_digests(connection, [DIGEST, kept])) == {kept}
