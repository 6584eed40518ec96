# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from webhook_bridge.domain.releases import Cause
from webhook_bridge.domain.runs import Run, RunKind
from webhook_bridge.domain.stopping import why_stop

RUN = Run("shop", "r", 3, 1, "deploy", id="run")


def stops(
    run: Run = RUN,
    *,
    newest: int = 4,
    cause: Cause | None = "delivery",
    supersede: Literal["batch", "finish"] = "finish",
) -> str | None:
    return why_stop(run, newest_generation=newest, cause=cause, supersede=supersede)


def test_a_run_that_nobody_overtakes_goes_on() -> None:
    assert stops(newest=3, cause="rollback", supersede="batch") is None


def test_a_canceled_run_stops_whatever_else_is_wished() -> None:
    assert stops(replace(RUN, canceled_by="me"), newest=3) == "canceled"


@pytest.mark.parametrize("kind", ["deploy", "rollback"])
def test_a_rollout_gives_way_to_a_newer_release_if_the_app_says_so(kind: RunKind) -> None:
    assert stops(replace(RUN, kind=kind)) is None
    assert stops(replace(RUN, kind=kind), supersede="batch") == "superseded"


def test_a_rollout_always_gives_way_to_a_rollback() -> None:
    assert stops(cause="rollback") == "superseded"


@pytest.mark.parametrize("kind", ["catch_up", "reconcile", "restore", "observe"])
def test_what_only_mends_some_hosts_always_gives_way(kind: RunKind) -> None:
    assert stops(replace(RUN, kind=kind)) == "superseded"
