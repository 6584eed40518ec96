# SPDX-License-Identifier: GPL-3.0-or-later
"""Read when each step of each host began and ended, from the events of our callback plugin."""

from __future__ import annotations

import math
from typing import Any, cast, get_args

from webhook_bridge.domain.run_steps import Batch, HostStep, RunSteps, StepWord

_WORDS = frozenset(get_args(StepWord))
_MOST_STEPS_OF_A_HOST = 16
_MOST_BATCHES = 1000
_LONGEST_NAME = 255


class StepReader:
    """Takes the events of one run one after the other; what is no step or batch is passed over."""

    def __init__(self) -> None:
        self._expected: frozenset[str] = frozenset()
        self._steps: dict[str, list[HostStep]] = {}
        self._batches: list[Batch] = []

    def take(self, event: dict[str, Any]) -> bool:
        """Take an event; return whether there is more to be known by it."""
        kind = event["event"]
        if kind == "expected":
            self._expected = frozenset(str(host) for host in event["hosts"])
        elif kind == "batch" and len(self._batches) < _MOST_BATCHES:
            hosts = (str(host)[:_LONGEST_NAME] for host in event["hosts"])
            known = tuple(host for host in hosts if host in self._expected)
            self._batches.append(Batch(known, _moment(event["at"])))
            return True
        elif kind == "host_step" and event.get("step") in _WORDS:
            return self._take_step(event)
        return False

    def _take_step(self, event: dict[str, Any]) -> bool:
        host = str(event["host"])
        steps = self._steps.setdefault(host, []) if host in self._expected else None
        if steps is None or len(steps) >= _MOST_STEPS_OF_A_HOST:
            return False
        began = _moment(event["began"])
        ended = max(began, _moment(event["ended"]))
        word = cast("StepWord", event["step"])
        steps.append(HostStep(host, word, began, ended, good=bool(event["good"])))
        return True

    @property
    def steps(self) -> RunSteps:
        """Return all that was taken, host by host."""
        found = (step for steps in self._steps.values() for step in steps)
        return RunSteps(tuple(found), tuple(self._batches))


def _moment(value: object) -> float:
    """Return a time to the millisecond; 0 for what is none."""
    is_time = isinstance(value, (int, float)) and math.isfinite(value) and value >= 0
    return round(float(cast("float", value)), 3) if is_time else 0.0
