# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from webhook_bridge.domain.consequences import BackOff, Consequence, Situation, consequence_of
from webhook_bridge.domain.hosts import KeptContainer
from webhook_bridge.domain.outcomes import Outcome, OutcomeWord, RunResult, RunState

BACK_OFF = BackOff(first=30, longest=600)
OLD = KeptContainer("3f2a", "sha256:old")


def result(state: RunState, *, step: str = "switch", **hosts: OutcomeWord) -> RunResult:
    """Return a result in which a host that put its old container back saw the new one exit."""
    outcomes = tuple(
        Outcome(host, word, step, "why", health="exited" if word == "restored" else None)
        for host, word in hosts.items()
    )
    return RunResult(state, "why", outcomes)


def follow(of: RunResult, **changes: Any) -> Consequence:
    given = {"kind": "deploy", "digest": "new", "back_off": BACK_OFF, "returns_to": "old"}
    return consequence_of(of, Situation(**given | changes))


def test_a_success_answers_the_wish_and_proves_the_release_good() -> None:
    assert follow(result("succeeded", h1="updated")) == Consequence(
        answered=True, release_state="good", hold=None, go_back=False, pending_hosts=(), wait=0
    )


def test_hosts_that_were_away_are_caught_up_later() -> None:
    after = follow(result("partial", h1="updated", h2="unreachable"))

    assert after.answered
    assert after.release_state == "good"
    assert after.pending_hosts == ("h2",)
    assert after.wait == 30


@pytest.mark.parametrize(
    ("attempts", "wait"), [(0, 30), (1, 60), (2, 120), (4, 480), (5, 600), (10_000, 600)]
)
def test_each_try_in_vain_doubles_the_wait_up_to_the_longest(attempts: int, wait: float) -> None:
    assert BACK_OFF.after(attempts) == wait


def test_a_digest_that_was_put_back_is_held_and_the_switched_hosts_return() -> None:
    found = result("restored", h1="updated", h2="restored", h3="skipped")

    after = follow(found, before={"h1": OLD, "h2": OLD})

    assert after.hold == "put back"
    assert after.go_back
    assert after.restore_targets == {"h1": OLD}
    assert after.pending_hosts == ()
    assert after.wait == 0
    assert after.note == "h1 return to what they ran before"


def test_a_switched_host_that_ran_nothing_before_gets_the_release_before() -> None:
    after = follow(result("restored", h1="updated", h2="restored"))

    assert after.restore_targets == {}
    assert after.pending_hosts == ("h1",)
    assert after.note == "h1 go back to the release before"


def test_the_first_release_of_an_app_leaves_its_hosts_as_they_are_and_says_so() -> None:
    found = result("restored", h1="updated", h2="restored", h3="updated", h4="unreachable")

    after = follow(found, returns_to=None)

    assert (after.restore_targets, after.pending_hosts) == ({}, ())
    assert after.note == "h1, h3 stay as they are: no good release came before"


def failed(host: str, **told: Any) -> RunResult:
    tried = Outcome(host, "failed", "switch", "why", digest="new", **told)
    return RunResult("failed", "why", (tried,))


def test_a_host_that_runs_the_release_although_its_hook_failed_returns_too() -> None:
    found = failed("h1", health="healthy", running="new", previous=OLD)

    after = follow(found, before={"h1": OLD})

    assert (after.hold, after.go_back, after.restore_targets) == ("not finished", True, {"h1": OLD})
    assert after.note == "h1 return to what they ran before"


def test_a_host_that_failed_but_runs_what_it_ran_is_left_alone() -> None:
    found = failed("h1", health="exited", log=("no",), running="old", previous=OLD)

    after = follow(found, before={"h1": OLD})

    assert (after.hold, after.restore_targets, after.pending_hosts) == ("not healthy", {}, ())


def test_hosts_that_nothing_was_heard_of_return_to_what_is_known_of_them() -> None:
    outcomes = tuple(Outcome(host, "failed", "report", "late") for host in ("h2", "h3"))
    found = RunResult("failed", "late", (Outcome("h1", "updated", "switch", ""), *outcomes))

    after = follow(found, before={"h1": OLD, "h2": OLD})

    assert after.restore_targets == {"h1": OLD, "h2": OLD}
    assert after.pending_hosts == ("h3",)
    assert after.hold == "not finished"


@pytest.mark.parametrize("changes", [{"returns_to": None}, {"on_failure": "halt"}])
def test_hosts_that_nothing_was_heard_of_hold_no_digest_where_they_return_to_nothing(
    changes: dict[str, Any],
) -> None:
    found = RunResult("failed", "late", (Outcome("h1", "failed", "report", "late"),))

    assert follow(found, **changes) == Consequence(True, "failed", hold="not finished")


def test_options_that_fail_do_not_speak_against_a_digest_that_was_good() -> None:
    same = KeptContainer("3f2a", "new")
    found = result("restored", h1="updated", h2="restored", h3="updated", h4="unreachable")

    after = follow(found, before={"h1": same}, returns_to="new")

    assert (after.hold, after.go_back, after.release_state) == (None, True, "restored")
    assert (after.restore_targets, after.pending_hosts) == ({"h1": same}, ())
    assert after.note == "h1 return to what they ran before"


@pytest.mark.parametrize("on_failure", ["restore", "halt"])
@pytest.mark.parametrize(
    "outcomes", [(), (Outcome("h1", "failed", "stage", "'nothing_here' is undefined"),)]
)
def test_options_that_fail_at_staging_leave_the_good_release_of_the_digest_desired(
    outcomes: tuple[Outcome, ...], on_failure: str
) -> None:
    found = RunResult("failed", "'nothing_here' is undefined", outcomes)

    after = follow(found, returns_to="new", on_failure=on_failure)

    assert (after.hold, after.go_back, after.answered) == (None, True, True)
    assert (after.restore_targets, after.pending_hosts, after.wait) == ({}, (), 0)


def test_a_host_that_an_interrupted_run_had_switched_returns_too() -> None:
    found = result("restored", h1="unchanged", h2="restored", h3="unchanged")

    after = follow(found, before={"h1": OLD, "h2": OLD})

    assert after.restore_targets == {"h1": OLD}


def test_a_failure_after_switched_hosts_returns_them_although_nothing_was_put_back() -> None:
    after = follow(result("failed", h1="updated", h2="failed"), before={"h1": OLD})

    assert (after.hold, after.go_back, after.release_state) == ("not finished", True, "failed")
    assert after.restore_targets == {"h1": OLD}


def test_hosts_that_were_away_when_it_was_put_back_are_tried_later() -> None:
    after = follow(result("restored", h1="restored", h2="unreachable"))

    assert after.pending_hosts == ("h2",)
    assert after.wait == 30


def test_an_app_that_halts_keeps_the_switched_hosts_but_holds_the_digest() -> None:
    found = result("restored", h1="updated", h2="restored")

    after = follow(found, on_failure="halt", before={"h1": OLD})

    assert after.hold
    assert not after.go_back
    assert (after.pending_hosts, after.restore_targets) == ((), {})
    assert after.note == "halted: h1 keep it (rollout.on_failure: halt)"


def test_a_digest_that_failed_on_a_running_host_is_held() -> None:
    tried = Outcome("h1", "failed", "switch", "why", health="unhealthy")

    after = follow(RunResult("failed", "why", (tried,)))

    assert after.answered
    assert after.release_state == "failed"
    assert after.hold == "not healthy"


@pytest.mark.parametrize("health", ["healthy", "not health-checked"])
def test_a_digest_that_ran_well_where_a_hook_failed_is_not_called_unhealthy(health: str) -> None:
    tried = Outcome("h1", "failed", "switch", "hook", health=health, running="new", previous=OLD)

    after = follow(RunResult("failed", "why", (Outcome("h0", "updated", "switch", ""), tried)))

    assert after.hold == "not finished"


def test_a_digest_that_nobody_judged_before_the_deadline_is_not_called_unhealthy() -> None:
    silent = Outcome("h2", "failed", "report", "the run passed its deadline")

    after = follow(RunResult("failed", "why", (Outcome("h1", "updated", "switch", ""), silent)))

    assert after.hold == "not finished"


@pytest.mark.parametrize(
    ("outcome", "step", "health", "hold"),
    [
        ("restored", "switch", "exited", "put back"),
        ("restored", "switch", "unhealthy", "put back"),
        ("restored", "switch", "starting", "not finished"),  # health.timeout ran out
        ("restored", "switch", "", "not finished"),  # a device, a port, a network, pruned
        ("restored", "switch", None, "not finished"),
        ("restored", "switch", "healthy", "not finished"),  # a hook
        ("failed", "switch", "exited", "not healthy"),
        ("failed", "switch", "unhealthy", "not healthy"),
        ("failed", "switch", "starting", "not finished"),
        ("failed", "switch", "", "not finished"),  # refused before the stop, or no daemon
        ("failed", "switch", "not health-checked", "not finished"),
        ("failed", "preflight", None, "not finished"),
        ("failed", "stage", None, "not finished"),
        ("failed", "report", None, "not finished"),  # the deadline
        ("failed", "stage", "exited", "not finished"),
    ],
)
def test_an_image_is_held_only_where_its_container_failed_by_itself(
    outcome: OutcomeWord, step: str, health: str | None, hold: str
) -> None:
    tried = Outcome("h1", outcome, step, "why", health=health)
    state: RunState = "restored" if outcome == "restored" else "failed"

    assert follow(RunResult(state, "why", (tried,))).hold == hold


def test_hosts_that_put_back_what_the_daemon_refused_are_desired_to_run_what_they_run() -> None:
    tried = Outcome("h1", "restored", "switch", "no device", health="")

    after = follow(RunResult("restored", "why", (tried, Outcome("h2", "unreachable", "", ""))))

    assert (after.go_back, after.release_state) == (True, "restored")
    assert after.pending_hosts == ("h2",)


def test_where_an_app_halts_what_was_refused_can_be_pushed_again() -> None:
    tried = Outcome("h1", "restored", "switch", "no device", health="")

    after = follow(RunResult("restored", "why", (tried,)), on_failure="halt")

    assert (after.go_back, after.release_state) == (False, "failed")


@pytest.mark.parametrize(
    "hosts",
    [
        {"h1": "unreachable"},
        {"h1": "unreachable", "h2": "skipped"},
        {"h1": "registry_trouble"},
        {"h1": "registry_trouble", "h2": "unreachable", "h3": "skipped"},
    ],
)
def test_a_release_that_no_host_has_seen_stays_wanted_as_a_whole(hosts: dict[str, Any]) -> None:
    after = follow(result("failed", **hosts), attempts=1)

    assert not after.answered
    assert after.release_state is None
    assert not after.hold
    assert after.wait == 60


def test_hosts_that_a_lost_canary_left_out_are_caught_up_too() -> None:
    after = follow(result("partial", h1="updated", h2="unreachable", h3="skipped"))

    assert after.pending_hosts == ("h2", "h3")


def test_hosts_that_the_registry_did_not_serve_are_caught_up_and_hold_nothing() -> None:
    after = follow(result("partial", h1="updated", h2="registry_trouble"))

    assert after.answered
    assert after.release_state == "good"
    assert after.pending_hosts == ("h2",)
    assert not after.hold


def test_a_host_that_the_registry_did_not_serve_goes_back_with_the_others() -> None:
    after = follow(result("restored", h1="restored", h2="registry_trouble"))

    assert after.pending_hosts == ("h2",)


@pytest.mark.parametrize("step", ["stage", "reach", ""])
def test_a_digest_that_failed_before_the_switch_is_not_held(step: str) -> None:
    after = follow(result("failed", h1="failed", step=step))

    assert (after.hold, after.go_back) == ("not finished", False)


def test_hosts_that_could_not_be_reached_at_all_do_not_speak_against_the_digest() -> None:
    assert not follow(result("failed", h1="unreachable", step="reach")).hold


@pytest.mark.parametrize(("attempts", "answered"), [(0, False), (1, False), (2, True), (9, True)])
def test_an_interrupted_run_is_tried_three_times_in_all(attempts: int, *, answered: bool) -> None:
    after = follow(result("interrupted"), attempts=attempts)

    assert after.answered is answered
    assert after.release_state == ("failed" if answered else None)
    assert not after.hold


@pytest.mark.parametrize("state", ["succeeded", "partial", "restored", "failed"])
def test_a_catch_up_never_changes_the_release(state: RunState) -> None:
    after = follow(result(state, h1="restored"), kind="catch_up")

    assert after.release_state is None
    assert not after.hold
    assert not after.go_back


def test_a_catch_up_goes_on_for_the_hosts_that_are_still_away() -> None:
    after = follow(
        result("partial", h1="updated", h2="unreachable"),
        kind="catch_up",
        hosts=["h1", "h2"],
        attempts=1,
    )

    assert after.pending_hosts == ("h2",)
    assert after.wait == 60


@pytest.mark.parametrize("state", ["interrupted", "failed"])
def test_a_catch_up_that_never_got_to_its_hosts_is_tried_again(state: RunState) -> None:
    after = follow(result(state), kind="catch_up", hosts=["h1", "h2"], attempts=9)

    assert after.pending_hosts == ("h1", "h2")
    assert after.wait == 600


def test_a_host_that_was_skipped_is_still_to_be_caught_up() -> None:
    found = result("failed", h1="failed", h2="skipped")

    after = follow(found, kind="catch_up", hosts=["h1", "h2"])

    assert after.pending_hosts == ("h2",)


def test_a_return_goes_on_for_the_hosts_that_were_not_reached() -> None:
    found = result("partial", h1="updated", h2="unreachable", h3="failed")

    after = follow(
        found, kind="restore", restore_targets={"h1": OLD, "h2": OLD, "h3": OLD}, attempts=1
    )

    assert after.restore_targets == {"h2": OLD}
    assert after.pending_hosts == ("h3",), "by digest, since its container cannot be started"
    assert after.wait == 60
    assert after.release_state is None


def test_hosts_that_were_caught_up_beside_a_return_are_tried_again_only_where_they_were_away() -> (
    None
):
    found = result("partial", h1="updated", h2="unreachable", h3="failed", h4="updated")

    after = follow(
        found, kind="restore", hosts=["h1", "h2", "h3", "h4"], restore_targets={"h1": OLD}
    )

    assert (after.restore_targets, after.pending_hosts, after.wait) == ({}, ("h2",), 30)


def test_a_return_that_was_cut_off_is_begun_again_as_a_whole() -> None:
    after = follow(result("interrupted"), kind="restore", restore_targets={"h1": OLD, "h2": OLD})

    assert after.restore_targets == {"h1": OLD, "h2": OLD}


@pytest.mark.parametrize("state", ["canceled", "superseded"])
def test_a_rollout_that_was_stopped_on_purpose_is_answered_and_undoes_nothing(
    state: RunState,
) -> None:
    after = follow(result(state, h1="updated", h2="skipped"), before={"h1": OLD})

    assert after == Consequence(True, state)


@pytest.mark.parametrize("kind", ["catch_up", "restore", "reconcile"])
def test_a_run_of_some_hosts_that_was_canceled_leaves_nothing_to_do(kind: str) -> None:
    found = result("canceled", h1="skipped")

    assert follow(found, kind=kind, hosts=["h1"], restore_targets={"h1": OLD}) == Consequence(True)
