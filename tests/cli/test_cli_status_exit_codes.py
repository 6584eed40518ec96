# SPDX-License-Identifier: GPL-3.0-or-later
"""What the exit code of `longshore status` tells scripts."""

from __future__ import annotations

import pytest

from tests.support.app_rows import change_app
from tests.support.commands import V1, V2, begin_run, longshore, released
from tests.support.installation import Installation
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.outcomes import RunState
from webhook_bridge.store import runs
from webhook_bridge.store.database import open_store

# A command leaves its connections to the end of its process, which is not the test's end.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

AWAY = HostState("shop", "h2", reached=False, seen_at=1.0, digest=V1)
OTHER = HostState("shop", "h1", reached=True, digest=V1, other_options=("env LOG_LEVEL",))


@pytest.mark.parametrize(
    ("states", "returncode"),
    [
        ({"h1": HostState("shop", "h1", reached=True, digest=V1)}, 0),
        ({"h1": HostState("shop", "h1", reached=True, digest=V2)}, 3),
        ({"h1": OTHER}, 3),
        ({"h2": AWAY}, 3),
    ],
)
def test_status_tells_scripts_whether_all_is_as_wanted(
    installation: Installation, states: dict[str, HostState], returncode: int
) -> None:
    released(installation, "shop", **states)

    assert longshore("status", config=installation.file).returncode == returncode
    assert longshore("status", "--json", config=installation.file).returncode == returncode


@pytest.mark.parametrize(
    ("state", "returncode"),
    [
        ("running", 3),
        ("partial", 3),
        ("canceled", 3),
        ("superseded", 3),
        ("failed", 1),
        ("restored", 1),
        ("interrupted", 1),
    ],
)
def test_status_tells_scripts_how_a_rollout_ended(
    installation: Installation, state: RunState, returncode: int
) -> None:
    here = HostState("shop", "h1", reached=True, digest=V1)
    released(installation, "shop", h1=here)
    run = begin_run(installation)
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        change_app(connection, "shop", applied_generation=2)
        if state != "running":
            runs.finish(connection, run, state=state, reason="why", now=6.0)
    store.close()

    assert longshore("status", config=installation.file).returncode == returncode


def test_status_of_an_app_that_was_never_deployed_is_not_as_wanted(
    installation: Installation,
) -> None:
    assert longshore("status", config=installation.file).returncode == 3


def test_the_worst_app_decides_how_status_ends(installation: Installation) -> None:
    installation.write_app("shop", "other")
    released(installation, "shop", h1=HostState("shop", "h1", reached=True, digest=V1))

    assert longshore("status", "shop", config=installation.file).returncode == 0
    assert longshore("status", config=installation.file).returncode == 3


@pytest.mark.parametrize(
    ("others", "returncode", "word"),
    [({}, 1, "failed"), ({"h2": HostState("shop", "h2", reached=True, digest=V1)}, 3, "partial")],
)
def test_status_says_no_success_where_a_failed_run_left_a_host_without_the_app(
    installation: Installation, others: dict[str, HostState], *, returncode: int, word: str
) -> None:
    down = HostState("shop", "h1", reached=True, digest="", deployed_container="a", failed=True)
    released(installation, "shop", h1=down, **others)

    done = longshore("status", "shop", config=installation.file)

    assert done.returncode == returncode
    assert word in done.stdout
    assert "succeeded" not in done.stdout
    assert "the last run failed there and left no container running" in done.stdout
    assert "by hand" not in done.stdout
