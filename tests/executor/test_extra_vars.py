# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run is told of the order of releases."""

from pathlib import Path
from typing import Any

import pytest

from webhook_bridge.domain.hosts import KeptContainer
from webhook_bridge.domain.releases import Cause, Release
from webhook_bridge.domain.runs import Run, Work
from webhook_bridge.executor.runner import extra_vars
from webhook_bridge.state_folder import RunFiles

V1, V2 = ("sha256:" + digit * 64 for digit in "12")


def told(cause: Cause) -> Any:
    release = Release("shop", "docker.io/acme/shop", "latest", V2, cause, "api", id="r")
    kept = {"h1": KeptContainer("c1", V1)}
    run = Run("shop", "r", 1, 1, "restore", (), kept, "the-run")
    work = Work(release, run, 0, released_at={V1: 0.25, V2: 86400.0})
    assert work.digests == (V2, V1)
    return extra_vars(work, RunFiles(Path("run")))


def test_a_run_is_told_when_each_of_its_digests_was_released() -> None:
    times = {V1: "1970-01-01T00:00:00.250000Z", V2: "1970-01-02T00:00:00.000000Z"}

    assert told("deploy")["longshore_released_at"] == {
        digest: {"__ansible_unsafe": at} for digest, at in times.items()
    }


@pytest.mark.parametrize(("cause", "goes_back"), [("deploy", False), ("rollback", True)])
def test_a_run_is_told_whether_its_release_goes_back(cause: Cause, *, goes_back: bool) -> None:
    assert told(cause)["longshore_goes_back"] is goes_back
