# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a delivery has come: what a pipeline polls, and `longshore wait` prints.

It names apps, releases and runs, and no host, reason or log line: a hook's secret is often kept
where others look, and their logs are public.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import Connection

from webhook_bridge.domain.rollout_end import DeliveryEnd, Rollout, delivery_end
from webhook_bridge.domain.verdicts import VERDICTS
from webhook_bridge.operations.serializers import View
from webhook_bridge.operations.timestamps import timestamp
from webhook_bridge.store import rollouts

_SOON_S, _LATEST_S = 2, 30


@dataclass(frozen=True)
class Status:
    """How far a delivery has come, and in how many seconds to look again; None: it has ended."""

    view: View
    again_after: int | None


def status_of(connection: Connection, identifier: str, *, hook: str | None = None) -> Status | None:
    """Return how far a delivery has come, by its whole id; None where there is none.

    With `hook`, also None for a delivery of another one.
    """
    head = rollouts.head(connection, identifier)
    if head is None or hook not in (None, head.hook):
        return None
    found = rollouts.of_delivery(connection, head)
    # What somebody wrote beside a hold, or a registry answered, is not for a hook's secret.
    detail = head.detail if hook is None else None
    end = delivery_end(head.verdict, detail, found)
    view = {
        "delivery": head.id,
        "hook": head.hook,
        "received_at": timestamp(head.received_at),
        "verdict": head.verdict,
        "meaning": VERDICTS.get(head.verdict or ""),
        "detail": detail,
        "decided_at": timestamp(head.decided_at),
        **_end_view(end),
        "rollouts": [_rollout_view(one) for one in found],
    }
    return Status(view, None if end.exit_code is not None else _again_after(head.due_at))


def _again_after(due_at: float | None) -> int:
    """Return in how many seconds to look again, at what may wait for its verdict until a time."""
    left = _SOON_S if due_at is None else due_at - time.time()
    return int(min(max(left, _SOON_S), _LATEST_S))


def _end_view(end: DeliveryEnd) -> View:
    return {
        "state": end.state,
        "done": end.exit_code is not None,
        "exit_code": end.exit_code,
        "sentence": end.sentence,
    }


def _rollout_view(one: Rollout) -> View:
    release, run = one.release, one.run
    return {
        "app": release.app,
        "tag": release.tag,
        "digest": release.digest,
        "version": release.version,
        "release": release.id,
        "overtaken": one.is_overtaken,
        # `done` and `exit_code` stand once in all of it: a shell finds them without a JSON parser.
        "state": one.state,
        "run": None if run is None else run.id,
        "kind": None if run is None else run.kind,
        "started_at": None if run is None else timestamp(run.started_at),
        "ended_at": None if run is None else timestamp(run.ended_at),
    }
