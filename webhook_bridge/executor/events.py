# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what our callback plugin wrote during a run, one JSON object a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast, get_args

from webhook_bridge.domain.hosts import KeptContainer, Observation, SeenContainer
from webhook_bridge.domain.outcomes import Outcome, OutcomeWord, RunReport, Stopped
from webhook_bridge.domain.references import is_digest
from webhook_bridge.domain.run_steps import RunSteps
from webhook_bridge.executor.step_events import StepReader
from webhook_bridge.executor.tail import Tail

_WORDS = frozenset(get_args(OutcomeWord))
# What one host may say of itself is bounded: a host is not trusted with our disk or pages.
_LONGEST_REASON = 2000
_MOST_LOG_LINES = 50
_LONGEST_LOG_LINE = 500
_MOST_CONTAINERS = 100
_MOST_OPTIONS = 50
_LONGEST_OPTION = 100
# An id, or a name as Docker allows it (moby daemon/names, RestrictedNamePattern).
_CONTAINER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")


def read_events(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the events of a run; a last line that was cut off by a crash is left out."""
    if not file.exists():
        return
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.endswith("\n"):
                yield json.loads(line)


def read_report(events: Path, *, exit_code: int | None, error: str = "") -> RunReport:
    """Return what a run reported; of several outcomes of one host the last counts."""
    expected: tuple[str, ...] = ()
    outcomes: dict[str, Outcome] = {}
    said = ""
    stopped: Stopped | None = None
    observations: dict[str, Observation] = {}
    steps = StepReader()
    for event in read_events(events):
        steps.take(event)
        if event["event"] == "expected":
            expected = tuple(str(host) for host in event["hosts"])
        elif event["event"] == "outcome":
            outcomes[str(event["host"])] = _outcome(event)
        elif event["event"] == "status":
            observations[str(event["host"])] = _observation(event)
        elif event["event"] == "stopped":
            stopped = stopped or _stopped(event)
        elif event["event"] == "error":
            said = said or str(event["message"])[:_LONGEST_REASON]
    return RunReport(
        exit_code,
        expected,
        tuple(outcomes.values()),
        error or said,
        stopped,
        tuple(observations.values()),
        steps.steps,
    )


class News:
    """Hands out what was reported since the last look at a run's events."""

    def __init__(self, events: Path) -> None:
        self._tail = Tail(events)
        self._steps = StepReader()

    def read(self) -> tuple[tuple[Outcome, ...], RunSteps | None]:
        """Return the new outcomes, of several of one host the last; and all steps if one is new."""
        found = [json.loads(line) for line in self._tail.lines()]
        told = [_outcome(event) for event in found if event["event"] == "outcome"]
        is_new = [self._steps.take(event) for event in found]
        outcomes = tuple({one.host: one for one in told}.values())
        return outcomes, self._steps.steps if any(is_new) else None


def _observation(event: dict[str, Any]) -> Observation:
    containers = event.get("containers")
    rows = containers[:_MOST_CONTAINERS] if isinstance(containers, list) else []
    return Observation(
        host=str(event["host"]),
        containers=tuple(_container(row) for row in rows if isinstance(row, dict)),
        daemon=str(event.get("daemon") or "")[:64],
        unreachable=str(event.get("unreachable") or "")[:_LONGEST_REASON],
    )


def _container(row: dict[str, Any]) -> SeenContainer:
    digest = row.get("digest")
    return SeenContainer(
        name=str(row.get("name") or "")[:128],
        id=_container_id(row.get("id")),
        digest=digest if isinstance(digest, str) and is_digest(digest) else "",
        state=str(row.get("state") or "")[:32],
        health=str(row.get("health") or "")[:32],
        other_options=_option_names(row.get("other_options")),
    )


def _option_names(value: object) -> tuple[str, ...] | None:
    names = value[:_MOST_OPTIONS] if isinstance(value, list) else None
    return None if names is None else tuple(str(one)[:_LONGEST_OPTION] for one in names)


def _container_id(value: object) -> str:
    return value if isinstance(value, str) and _CONTAINER.fullmatch(value) else ""


def _stopped(event: dict[str, Any]) -> Stopped:
    reason = str(event.get("reason", ""))[:40]
    return Stopped(reason, str(event.get("why", ""))[:_LONGEST_REASON])


def _outcome(event: dict[str, Any]) -> Outcome:
    word = event.get("outcome")
    seconds = event.get("seconds")
    return Outcome(
        host=str(event["host"]),
        outcome=cast("OutcomeWord", word) if isinstance(word, str) and word in _WORDS else "failed",
        step=str(event.get("step", ""))[:16],
        reason=str(event.get("reason", ""))[:_LONGEST_REASON],
        digest=_text(event.get("digest"), 80),
        container=_text(event.get("container"), 128),
        health=_text(event.get("health"), 32),
        log=_log_lines(event.get("log")),
        seconds=float(seconds) if isinstance(seconds, (int, float)) else None,
        running=_text(event.get("running"), 80),
        previous=_kept(event.get("previous")),
        daemon=_text(event.get("daemon"), 64) or None,
    )


def _kept(value: object) -> KeptContainer | None:
    """Return a container that a host names; None where what it says is none."""
    if not isinstance(value, dict) or not is_digest(value.get("digest")):
        return None
    container = _container_id(value.get("container"))
    return KeptContainer(container, value["digest"]) if container else None


def _text(value: object, longest: int) -> str | None:
    return None if value is None else str(value)[:longest]


def _log_lines(value: object) -> tuple[str, ...]:
    lines = value if isinstance(value, list) else []
    return tuple(str(line)[:_LONGEST_LOG_LINE] for line in lines[-_MOST_LOG_LINES:])
