# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a digest is held after a rollout that failed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.results import OLD, follow, result
from webhook_bridge.domain.consequences import Consequence
from webhook_bridge.domain.hosts import KeptContainer
from webhook_bridge.domain.outcomes import Outcome, OutcomeWord, RunResult, RunState


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


@pytest.mark.parametrize("step", ["stage", "reach", ""])
def test_a_digest_that_failed_before_the_switch_is_not_held(step: str) -> None:
    after = follow(result("failed", h1="failed", step=step))

    assert (after.hold, after.go_back) == ("not finished", False)
