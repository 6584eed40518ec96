# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

import pytest

from webhook_bridge.domain.consequences import BackOff
from webhook_bridge.domain.hosts import HostState, KeptContainer, Observation, SeenContainer
from webhook_bridge.domain.outcomes import Outcome, RunResult, RunState
from webhook_bridge.domain.releases import AppRow, Release
from webhook_bridge.domain.run_end import cut_off_end, run_end
from webhook_bridge.domain.run_end_facts import Ended, Known, Policy, ReconcilePolicy
from webhook_bridge.domain.runs import Run, RunKind, Work

V1, V2 = (f"sha256:{digit * 64}" for digit in "12")
NOW = 100.0
BEFORE = Release("shop", "r/shop", "latest", V1, "deploy", "me", id="r1", state="good")
RELEASE = Release("shop", "r/shop", "latest", V2, "deploy", "me", id="r2", generation=2)
CLAIMED = AppRow("shop", "r2", generation=2, applied_generation=1, epoch=7, owner="w1")
OFTEN = BackOff(30.0, 600.0)
POLICY = Policy(OFTEN, "restore", ReconcilePolicy(900.0, OFTEN, "report"))
SWITCHED = Outcome("h1", "updated", "switch", "", V2, previous=KeptContainer("3f2a", V1))
RESTORED = Outcome("h2", "restored", "switch", "not healthy", V2, health="unhealthy")


def work(kind: RunKind = "deploy", *, hosts: tuple[str, ...] = (), **fields: object) -> Work:
    run = Run("shop", "r2", 2, 7, kind, hosts, {}, "the-run")
    return Work(replace(RELEASE, **fields), run, 0)


def known(**fields: object) -> Known:
    return replace(Known(CLAIMED, desired=RELEASE, before=BEFORE), **fields)


def ended(state: RunState, *outcomes: Outcome, removed: tuple[str, ...] = ()) -> Ended:
    return Ended(RunResult(state, "why", outcomes), removed=removed)


def test_a_good_run_answers_its_wish_and_is_known_of_its_hosts() -> None:
    end = run_end(work(), ended("succeeded", SWITCHED), known(), POLICY, now=NOW)

    assert end.row == replace(CLAIMED, owner=None, applied_generation=2, due_at=NOW)
    assert (end.release_state, end.hold, end.lifted) == ("good", None, None)
    assert [(state.host, state.digest) for state in end.states] == [("h1", V2)]


def test_a_release_that_was_put_back_makes_the_one_before_desired_again() -> None:
    end = run_end(work(), ended("restored", SWITCHED, RESTORED), known(), POLICY, now=NOW)

    assert end.row is not None
    assert (end.row.release_id, end.row.generation, end.row.applied_generation) == ("r1", 2, 2)
    assert end.row.restore_targets == {"h1": KeptContainer("3f2a", V1)}
    assert (end.row.attempts, end.release_state, end.hold) == (1, "restored", "put back")
    assert end.result.reason == "why; h1 return to what they ran before"


def test_a_rollback_that_failed_lifts_the_hold_of_what_it_had_left() -> None:
    rollback = work("rollback", cause="rollback")

    end = run_end(rollback, ended("restored", SWITCHED, RESTORED), known(), POLICY, now=NOW)

    assert end.lifted == V1


def test_without_a_release_before_no_host_waits_for_one() -> None:
    alone = known(before=None)
    silent = replace(SWITCHED, previous=None)

    end = run_end(work(), ended("restored", silent, RESTORED), alone, POLICY, now=NOW)

    assert end.row is not None
    assert (end.row.release_id, end.row.pending_hosts, end.row.attempts) == ("r2", [], 0)


def test_a_wish_that_came_meanwhile_is_not_undone() -> None:
    newer = replace(CLAIMED, release_id="r3", generation=3)

    end = run_end(work(), ended("restored", SWITCHED, RESTORED), known(row=newer), POLICY, now=NOW)

    assert end.row == replace(newer, owner=None, applied_generation=2)
    assert (end.release_state, end.hold) == ("restored", "put back")


def test_a_run_that_failed_after_a_newer_wish_is_only_superseded() -> None:
    newer = replace(CLAIMED, release_id="r3", generation=3)
    failed = Outcome("h1", "failed", "stage", "no such image", V2)

    end = run_end(work(), ended("failed", failed), known(row=newer), POLICY, now=NOW)

    assert end.release_state == "superseded"


@pytest.mark.parametrize("row", [replace(CLAIMED, epoch=8), replace(CLAIMED, owner=None)])
def test_a_worker_that_lost_its_app_writes_to_its_run_alone(row: AppRow) -> None:
    end = run_end(work(), ended("restored", RESTORED), known(row=row), POLICY, now=NOW)
    cut = cut_off_end(work(), RunResult("interrupted", "died", ()), known(row=row), now=NOW)

    for one in (end, cut):
        assert (one.row, one.release_state, one.hold, one.states) == (None, None, None, ())


def test_a_run_that_was_cut_off_is_still_to_be_done() -> None:
    result = RunResult("interrupted", "died", (SWITCHED,))

    end = cut_off_end(work(), result, known(), now=NOW)

    assert end.row == replace(CLAIMED, owner=None, epoch=8)
    assert (end.release_state, end.result) == (None, result)
    assert [state.host for state in end.states] == ["h1"]


def test_a_canceled_run_that_was_cut_off_has_ended_for_good() -> None:
    result = RunResult("interrupted", "died", (SWITCHED,))

    end = cut_off_end(work(), result, known(canceled_by="me"), now=NOW)

    assert end.row is not None
    assert end.row.applied_generation == 2
    assert (end.release_state, end.result.state) == ("canceled", "canceled")


def test_a_canceled_run_whose_child_died_is_canceled_and_not_interrupted() -> None:
    end = run_end(work(), ended("interrupted"), known(canceled_by="me"), POLICY, now=NOW)

    assert end.result.state == "canceled"


def test_a_host_that_the_inventory_lost_is_named_and_not_waited_for() -> None:
    catching_up = work("catch_up", hosts=("h1", "h2"))

    end = run_end(catching_up, ended("failed", removed=("h2",)), known(), POLICY, now=NOW)

    assert end.row is not None
    assert end.row.pending_hosts == ["h1"]
    assert end.result.reason.endswith("has them no more for this app: h2")


def seen(host: str, digest: str) -> Observation:
    return Observation(host, (SeenContainer("shop", "c1", digest, "running", "healthy"),), "daemon")


GOOD = replace(BEFORE, id="r2", digest=V2)
SETTLED = known(row=replace(CLAIMED, applied_generation=2), desired=GOOD)


def test_a_look_has_hosts_that_differ_brought_up_to_date() -> None:
    observations = (seen("h1", V2), seen("h2", V1))

    end = run_end(
        work("observe"),
        Ended(RunResult("succeeded", "", ()), observations),
        SETTLED,
        POLICY,
        now=NOW,
    )

    assert end.row is not None
    assert (end.row.reconcile_hosts, end.row.observe_at) == (["h2"], NOW + 900)
    assert end.looked_at == ("h1", "h2")
    assert [state.digest for state in end.states] == [V2, V1]
    assert end.row.pending_hosts == SETTLED.row.pending_hosts


def test_hosts_are_not_brought_to_a_digest_that_is_held() -> None:
    held = replace(SETTLED, held={V2: "put back"})
    looked = Ended(RunResult("succeeded", "", ()), (seen("h2", V1),))

    end = run_end(work("observe"), looked, held, POLICY, now=NOW)

    assert end.row is not None
    assert end.row.reconcile_hosts == []


def test_a_look_that_saw_nothing_forgets_nothing() -> None:
    end = run_end(work("observe"), ended("failed"), SETTLED, POLICY, now=NOW)

    assert (end.looked_at, end.states) == ((), ())


def test_a_host_that_was_not_brought_up_to_date_waits_longer_each_time() -> None:
    states = {
        "h1": HostState("shop", "h1", attempts=1, due_at=1.0),
        "h2": HostState("shop", "h2", attempts=1, due_at=1.0),
        "h3": HostState("shop", "h3", attempts=1, due_at=1.0),
    }
    reconciling = work("reconcile", hosts=("h1", "h2"))
    row = replace(SETTLED.row, reconcile_hosts=["h1", "h2"])

    end = run_end(
        reconciling,
        ended("partial", SWITCHED),
        replace(SETTLED, row=row, states=states),
        POLICY,
        now=NOW,
    )

    waits = {state.host: (state.attempts, state.due_at) for state in end.states}
    assert waits == {"h1": (0, 0.0), "h2": (2, NOW + 60)}
    assert end.row is not None
    assert end.row.reconcile_hosts == []


def test_a_look_brings_nothing_for_an_app_that_never_had_a_release() -> None:
    looked = Ended(RunResult("succeeded", "", ()), (seen("h2", V1),))

    end = run_end(work("observe"), looked, replace(SETTLED, desired=None), POLICY, now=NOW)

    assert end.row is not None
    assert end.row.reconcile_hosts == []


def test_a_host_of_which_nothing_is_known_does_not_wait() -> None:
    reconciling = work("reconcile", hosts=("h9",))

    end = run_end(reconciling, ended("failed"), replace(SETTLED, states={}), POLICY, now=NOW)

    assert end.states == ()
