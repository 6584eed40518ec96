# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts return after a rollout that failed."""

from __future__ import annotations

from typing import Any

from tests.support.results import OLD, follow, result
from webhook_bridge.domain.outcomes import Outcome, RunResult


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


def test_a_host_that_an_interrupted_run_had_switched_returns_too() -> None:
    found = result("restored", h1="unchanged", h2="restored", h3="unchanged")

    after = follow(found, before={"h1": OLD, "h2": OLD})

    assert after.restore_targets == {"h1": OLD}


def test_a_failure_after_switched_hosts_returns_them_although_nothing_was_put_back() -> None:
    after = follow(result("failed", h1="updated", h2="failed"), before={"h1": OLD})

    assert (after.hold, after.go_back, after.release_state) == ("not finished", True, "failed")
    assert after.restore_targets == {"h1": OLD}


def test_an_app_that_halts_keeps_the_switched_hosts_but_holds_the_digest() -> None:
    found = result("restored", h1="updated", h2="restored")

    after = follow(found, on_failure="halt", before={"h1": OLD})

    assert after.hold
    assert not after.go_back
    assert (after.pending_hosts, after.restore_targets) == ((), {})
    assert after.note == "halted: h1 keep it (rollout.on_failure: halt)"


def test_hosts_that_put_back_what_the_daemon_refused_are_desired_to_run_what_they_run() -> None:
    tried = Outcome("h1", "restored", "switch", "no device", health="")

    after = follow(RunResult("restored", "why", (tried, Outcome("h2", "unreachable", "", ""))))

    assert (after.go_back, after.release_state) == (True, "restored")
    assert after.pending_hosts == ("h2",)


def test_where_an_app_halts_what_was_refused_can_be_pushed_again() -> None:
    tried = Outcome("h1", "restored", "switch", "no device", health="")

    after = follow(RunResult("restored", "why", (tried,)), on_failure="halt")

    assert (after.go_back, after.release_state) == (False, "failed")
