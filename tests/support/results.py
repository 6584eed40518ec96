# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of runs, and what follows from them."""

from __future__ import annotations

from typing import Any

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
