# SPDX-License-Identifier: GPL-3.0-or-later
"""End a run after the batch that it is in."""

from __future__ import annotations

import time

from webhook_bridge.domain.events import NewEvent
from webhook_bridge.domain.runs import Run
from webhook_bridge.errors import Refused
from webhook_bridge.operations import serializers
from webhook_bridge.store import Store, events, runs


def cancel(store: Store, *, start_of_id: str, actor: str) -> Run:
    """Ask a run to end at its next boundary between batches; the hosts stay as they are then.

    Raises NotFound for an unknown run, and Refused for one that has ended or only looks.
    """
    with store.write() as connection:
        run = serializers.one_run(connection, start_of_id)
        if run.state != "running":
            raise Refused("run_ended", f"run {run.id} has ended already: {run.state}")
        if run.kind == "observe":
            raise Refused(
                "only_observes", f"run {run.id} only observes the hosts; it ends by itself"
            )
        if runs.cancel(connection, run.id, actor=actor):
            asked = NewEvent(
                "cancel.requested", actor, time.time(), run.app, run.release_id, run.id
            )
            events.record(connection, asked)
        return runs.get(connection, run.id)
