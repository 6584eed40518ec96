# SPDX-License-Identifier: GPL-3.0-or-later
"""How far what a delivery is about has come."""

from __future__ import annotations

from dataclasses import replace

import pytest

from webhook_bridge.domain.outcomes import RunState
from webhook_bridge.domain.releases import Cause, Release, ReleaseState
from webhook_bridge.domain.rollout_end import DecisiveRun, Rollout, delivery_end

DIGEST = f"sha256:{'1' * 64}"


def release(state: ReleaseState = "desired", tag: str | None = "1.4") -> Release:
    return Release("shop", "r/shop", tag, DIGEST, "delivery", "hook ci", id="r1", state=state)


def run(state: RunState, of: str = "r1") -> DecisiveRun:
    return DecisiveRun("3074f6c3-0", of, "deploy", state, 1.0, None)


def by_hand(cause: Cause, *, digest: str = "other", state: RunState = "succeeded") -> DecisiveRun:
    return replace(run(state, of="r2"), cause=cause, digest=digest)


@pytest.mark.parametrize(
    ("rollout", "state", "code"),
    [
        (Rollout(release()), "waiting", None),
        (Rollout(release(), run("running")), "running", None),
        (Rollout(release("good"), run("succeeded")), "succeeded", 0),
        (Rollout(release("good"), run("partial")), "partial", 3),
        (Rollout(release("restored"), run("restored")), "restored", 1),
        (Rollout(release(), run("interrupted")), "waiting", None),
        # Given up after three tries.
        (Rollout(release("failed"), run("interrupted")), "failed", 1),
        # Its own run is not kept any more, and later ones say nothing of it.
        (Rollout(release("good")), "succeeded", 0),
        (Rollout(release("good"), run("failed", of="r2")), "succeeded", 0),
        (Rollout(release("canceled")), "canceled", 1),
        (Rollout(release("superseded")), "waiting", None),
        (Rollout(release("superseded"), run("running", of="r2")), "running", None),
        (Rollout(release("superseded"), has_app=False), "superseded", 1),
        (Rollout(release("superseded"), run("succeeded", of="r2")), "succeeded", 0),
        (Rollout(release("superseded"), by_hand("rollback")), "superseded", 1),
        (Rollout(release("superseded"), by_hand("deploy")), "superseded", 1),
        (Rollout(release("superseded"), by_hand("deploy", digest=DIGEST)), "succeeded", 0),
        (Rollout(release("superseded"), by_hand("rollback", state="failed")), "failed", 1),
    ],
)
def test_a_rollout_has_ended_where_its_run_has_or_none_will_come(
    rollout: Rollout, state: str, code: int | None
) -> None:
    assert (rollout.state, rollout.exit_code) == (state, code)


def test_a_rollout_is_named_by_its_version_or_else_by_its_digest() -> None:
    assert Rollout(release()).sentence == "shop 1.4: waits for its rollout"
    assert Rollout(release(tag=None), run("failed")).sentence == (
        "shop 111111111111: failed (run 3074f6c3)"
    )


def test_a_rollout_that_was_overtaken_says_so() -> None:
    overtaken = Rollout(release("superseded"), run("running", of="r2"))

    assert "overtaken by a newer release" in overtaken.sentence


def test_a_delivery_without_a_verdict_waits_and_says_what_for() -> None:
    assert delivery_end(None, None, ()).sentence == "waits for its verdict"
    waiting = delivery_end(None, "the registry is away", ())
    assert (waiting.state, waiting.exit_code) == ("waiting", None)
    assert waiting.sentence == "waits for its verdict: the registry is away"


@pytest.mark.parametrize(
    ("verdict", "code"), [("unchanged", 0), ("duplicate", 0), ("older", 4), ("unsigned", 4)]
)
def test_a_delivery_without_a_rollout_ends_with_its_verdict(verdict: str, code: int) -> None:
    end = delivery_end(verdict, "", ())

    assert (end.state, end.exit_code) == ("no_rollout", code)
    assert end.sentence.startswith(f"{verdict}: ")


def test_a_delivery_goes_on_while_one_of_its_rollouts_does() -> None:
    rollouts = (Rollout(release("good"), run("succeeded")), Rollout(release(), run("running")))

    assert delivery_end("released", "", rollouts).state == "running"


def test_a_delivery_ends_as_the_worst_of_its_rollouts() -> None:
    states: tuple[RunState, ...] = ("succeeded", "restored", "partial")
    rollouts = [Rollout(release(), run(state)) for state in states]

    end = delivery_end("released", "", rollouts)

    assert (end.state, end.exit_code) == ("restored", 1)
    assert end.sentence.count("; ") == 2
