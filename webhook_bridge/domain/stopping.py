# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a run shall start no further batch, and why: a pure decision."""

from __future__ import annotations

from typing import Literal

from webhook_bridge.domain.consequences import ROLLOUTS
from webhook_bridge.domain.releases import Cause
from webhook_bridge.domain.runs import Run

StopWord = Literal["canceled", "superseded"]


def why_stop(
    run: Run,
    *,
    newest_generation: int,
    cause: Cause | None,
    supersede: Literal["batch", "finish"],
) -> StopWord | None:
    """Return why a run shall end at the next boundary between batches; None to go on.

    `cause` is what brought the newest release. What only mends some hosts always gives way to it,
    and every run to a rollback: somebody wants the hosts back before the rest of them follow.
    """
    if run.canceled_by is not None:
        return "canceled"
    overtaken = newest_generation > run.generation
    gives_way = supersede == "batch" or run.kind not in ROLLOUTS or cause == "rollback"
    return "superseded" if overtaken and gives_way else None
