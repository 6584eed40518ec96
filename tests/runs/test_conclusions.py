# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import signal
import subprocess
from dataclasses import replace
from unittest.mock import Mock

from tests.support.app_rows import change_app
from tests.support.claimed_app import (
    DIED,
    GOOD,
    OLD,
    RESTORED,
    V1,
    V2,
    claim,
    claimed,
    desire,
    desired_digest,
    finish,
    row,
)
from tests.support.installation import Installation
from webhook_bridge.domain.consequences import BackOff, Consequence, Situation, consequence_of
from webhook_bridge.domain.drift import may_reconcile
from webhook_bridge.domain.events import WantedEvents
from webhook_bridge.domain.hosts import KeptContainer
from webhook_bridge.domain.outcomes import Outcome, RunResult
from webhook_bridge.domain.run_end import applied
from webhook_bridge.domain.runs import Work
from webhook_bridge.runs.conclusions import (
    free_from_the_dead,
    give_back,
    load_run_end,
    save_run_end,
)
from webhook_bridge.state_folder import RunFiles
from webhook_bridge.store import Store, events, holds, previous_containers, releases, runs


def test_after_a_good_run_nothing_is_left_to_do(store: Store) -> None:
    desire(store)
    assert finish(store, claimed(store), GOOD)

    assert claim(store) is None
    assert row(store).applied_generation == row(store).generation == 1
    assert row(store).owner is None


def test_a_run_that_failed_after_a_newer_wish_is_only_superseded(store: Store) -> None:
    desire(store, V1)
    work = claimed(store)
    desire(store, V2)
    finish(store, work, replace(GOOD, release_state="failed"), state="failed")

    with store.read() as connection:
        assert releases.find(connection, work.release.id).state == "superseded"
    assert desired_digest(store) == V2


def test_a_release_that_was_put_back_after_a_newer_wish_does_not_undo_that_wish(
    store: Store,
) -> None:
    desire(store, V1)
    work = claimed(store)
    desire(store, V2)
    finish(store, work, RESTORED, state="restored")

    assert desired_digest(store) == V2
    assert row(store).pending_hosts == []
    assert claimed(store).release.digest == V2


def test_a_release_that_was_put_back_makes_the_one_before_desired_again(store: Store) -> None:
    desire(store, V1)
    finish(store, claimed(store), GOOD)
    desire(store, V2)
    finish(store, claimed(store), RESTORED, state="restored")

    work = claimed(store, now=30.0)

    assert (work.release.digest, work.run.kind, work.run.hosts) == (V1, "restore", ("h1",))
    assert work.run.restore_targets == {"h1": OLD}
    with store.read() as connection:
        assert holds.held_digests(connection, "shop") == {V2: "put back"}


def test_options_that_cannot_be_staged_leave_a_good_digest_to_be_reconciled(store: Store) -> None:
    desire(store, V1)
    finish(store, claimed(store), GOOD)
    desire(store, V1, cause="deploy")
    tried = claimed(store)
    undefined = Outcome("h1", "failed", "stage", "'nothing_here' is undefined")
    result = RunResult("failed", "undefined", (undefined,))
    with store.write() as connection:
        known = load_run_end(connection, tried)
        situation = Situation("deploy", V1, BackOff(first=30, longest=600), returns_to=V1)
        end = applied(tried, result, consequence_of(result, situation), known, now=20.0)
        save_run_end(connection, tried, end, known, now=20.0)

    with store.read() as connection:
        release = releases.desired(connection, "shop")
        held = holds.held_digests(connection, "shop")
    assert release is not None
    assert (release.digest, release.state, release.id != tried.release.id) == (V1, "good", True)
    assert may_reconcile(release, held=held)
    assert claim(store, now=99.0) is None


AWAY = Consequence(True, restore_targets={"h1": OLD}, wait=30.0)


def h1_is_away(store: Store, **values: object) -> None:
    """Have h1 wait for its way back until 50, when that has been tried once."""
    desire(store, V1)
    finish(store, claimed(store), GOOD)
    desire(store, V2)
    finish(store, claimed(store), RESTORED, state="restored")
    finish(store, claimed(store, now=30.0), AWAY, state="failed")
    with store.write() as connection:
        change_app(connection, "shop", **values)


def test_while_a_host_that_goes_back_is_away_the_others_are_looked_at_and_mended(
    store: Store,
) -> None:
    h1_is_away(store, reconcile_hosts=["h1", "h2"], observe_at=35.0)

    mending = claimed(store, now=40.0)
    assert (mending.run.kind, mending.run.hosts, mending.run.restore_targets) == (
        "reconcile",
        ("h2",),
        {},
    )
    finish(store, mending, Consequence(True))
    with store.write() as connection:
        change_app(connection, "shop", reconcile_hosts=["h1"])
    observe = claimed(store, now=40.0)
    assert (observe.run.kind, observe.run.hosts) == ("observe", ())
    finish(store, observe, Consequence(True))

    assert row(store).restore_targets == {"h1": OLD}
    assert claimed(store, now=50.0).run.kind == "restore"


def test_hosts_that_wait_for_the_digest_are_caught_up_beside_one_that_goes_back(
    store: Store,
) -> None:
    h1_is_away(store, pending_hosts=["h2"])

    assert claim(store, now=40.0) is None
    work = claimed(store, now=50.0)
    assert (work.run.kind, work.run.hosts, work.run.restore_targets) == (
        "restore",
        ("h1", "h2"),
        {"h1": OLD},
    )
    finish(store, work, AWAY)

    assert row(store).pending_hosts == []


def test_the_first_release_that_is_put_back_leaves_nothing_to_go_to(store: Store) -> None:
    desire(store, V1)
    consequence = replace(RESTORED, restore_targets={}, pending_hosts=("h1",))
    finish(store, claimed(store), consequence, state="restored")

    assert claim(store, now=1e9) is None


def test_hosts_return_although_no_release_is_known_to_go_back_to(store: Store) -> None:
    desire(store, V2)
    finish(store, claimed(store), RESTORED, state="restored")

    assert claimed(store, now=30.0).run.restore_targets == {"h1": OLD}


def test_a_rollback_that_failed_leaves_the_release_that_it_had_left(store: Store) -> None:
    desire(store, V1)
    finish(store, claimed(store), GOOD)
    desire(store, V2)
    finish(store, claimed(store), GOOD)
    with store.write() as connection:
        holds.hold(connection, "shop", V2, reason="rolled back", run_id=None, now=1.0)
    desire(store, V1, cause="rollback")

    finish(store, claimed(store), replace(RESTORED, restore_targets={}), state="restored")

    assert desired_digest(store) == V2
    with store.read() as connection:
        assert holds.held_digests(connection, "shop") == {V1: "put back"}


def test_a_worker_that_lost_its_app_changes_nothing_but_its_own_run(store: Store) -> None:
    desire(store)
    lost = claimed(store)
    give_back(store, lost, DIED)
    again = claimed(store)

    assert not finish(store, lost, RESTORED, state="restored")

    assert row(store).owner == "w1"
    assert row(store).applied_generation == 0
    with store.read() as connection:
        assert holds.held_digests(connection, "shop") == {}
        assert runs.get(connection, lost.run.id).state == "interrupted"
        assert runs.get(connection, again.run.id).state == "running"


def test_the_last_outcome_of_a_host_is_that_of_its_newest_run(store: Store) -> None:
    desire(store, V1)
    finish(store, claimed(store), GOOD)
    desire(store, V2)
    finish(store, claimed(store), GOOD)

    with store.read() as connection:
        assert runs.last_outcomes(connection, ["shop"])["shop"]["h1"].digest == V2


def try_it(store: Store, digest: str, consequence: Consequence, *, found: KeptContainer) -> Work:
    """Have a run of this digest find on h2 what ran before."""
    desire(store, digest)
    work = claimed(store)
    finish(store, work, consequence)
    with store.write() as connection:
        outcome = Outcome("h2", "updated", "switch", "", digest, previous=found)
        runs.add_outcomes(connection, work.run.id, [outcome])
    return work


def test_what_ran_before_is_known_from_all_tries_since_the_last_good_release(store: Store) -> None:
    canceled = Consequence(True, "canceled")
    a, b, c, d = (KeptContainer(name, V1) for name in "abcd")
    try_it(store, V2, canceled, found=a)
    try_it(store, V1, GOOD, found=b)
    try_it(store, V2, canceled, found=c)
    work = try_it(store, V2, canceled, found=d)

    with store.read() as connection:
        assert previous_containers.ran_before(connection, work.release.id) == {"h2": [c, d]}


def test_a_claim_ends_only_for_the_worker_that_has_it(store: Store) -> None:
    desire(store)
    lost = claimed(store)
    give_back(store, lost, DIED)
    again = claimed(store)

    give_back(store, lost, DIED)

    assert row(store).owner == "w1"
    with store.read() as connection:
        assert runs.get(connection, again.run.id).state == "running"


def test_what_a_worker_reports_late_replaces_nothing(store: Store) -> None:
    desire(store)
    work = claimed(store)
    with store.write() as connection:
        outcome = Outcome("h1", "updated", "switch", "first", V1)
        runs.add_outcomes(connection, work.run.id, [outcome])
        runs.add_outcomes(connection, work.run.id, [replace(outcome, reason="second")])

    with store.read() as connection:
        assert [one.reason for one in runs.outcomes(connection, work.run.id)] == ["first"]


def told(store: Store) -> list[tuple[str, str]]:
    with store.read() as connection:
        found = events.matching(connection, WantedEvents(app="shop", after=0), limit=50)
    return [(one.kind, one.actor) for one in found]


def test_a_run_is_told_of_with_what_followed_from_it(store: Store) -> None:
    desire(store, V1)
    finish(store, claimed(store), GOOD)
    desire(store, V2)
    finish(store, claimed(store), RESTORED, state="restored")

    assert told(store)[2:] == [
        ("run.started", "hook hub"),
        ("run.ended", "hook hub"),
        ("hold.set", "bridge"),
        ("release.desired", "bridge"),
    ]


def test_the_end_of_a_run_is_told_once_also_where_two_workers_tell_it(store: Store) -> None:
    desire(store)
    lost = claimed(store)
    give_back(store, lost, DIED)
    finish(store, lost, RESTORED, state="restored")

    assert told(store) == [("run.started", "hook hub"), ("run.ended", "hook hub")]


def test_what_runs_of_a_worker_that_died_is_ended(store: Store, installation: Installation) -> None:
    desire(store)
    files = RunFiles.of(installation.state, claimed(store).run.id)
    files.folder.mkdir(parents=True)
    mark = {"LONGSHORE_OUTCOMES": str(files.events)}

    with subprocess.Popen(["sleep", "60"], env=mark) as orphan:
        try:
            free_from_the_dead(installation.settings(), store, Mock(is_dead=lambda _owner: True))
            assert orphan.wait(10) == -signal.SIGKILL
        finally:
            orphan.kill()
