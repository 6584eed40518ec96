# SPDX-License-Identifier: GPL-3.0-or-later
"""How `longshore reconcile` ends."""

from __future__ import annotations

from unittest import mock

import pytest

from tests.support.app_rows import change_app
from tests.support.commands import V1, Done, longshore, released
from tests.support.installation import Installation
from webhook_bridge.cli import reconcile as cli_reconcile
from webhook_bridge.config.settings import Settings
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.outcomes import RunState
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.store import Store, releases, runs
from webhook_bridge.store.database import open_store

# A command leaves its connections to the end of its process, which is not the test's end.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def reconcile(
    installation: Installation, *arguments: str, state: RunState, reason: str = "why"
) -> Done:
    """Reconcile, where the look at the hosts ends so: the real one takes seconds."""

    def look(_settings: Settings, store: Store, app: str) -> None:
        with store.write() as connection:
            release = releases.desired(connection, app)
            assert release is not None
            run = runs.start(connection, NewRun(app, release.id, 1, 1, "observe"), now=4.0)
            runs.finish(connection, run.id, state=state, reason=reason, now=5.0)

    with mock.patch.object(cli_reconcile, "observe_and_reconcile", look):
        return longshore("reconcile", *arguments, config=installation.file)


@pytest.mark.parametrize(
    ("state", "reached", "code"),
    [("succeeded", True, 0), ("partial", False, 3), ("succeeded", False, 3), ("failed", True, 1)],
)
def test_a_reconcile_ends_well_only_where_all_hosts_were_looked_at(
    installation: Installation, state: RunState, *, reached: bool, code: int
) -> None:
    host = HostState("shop", "h1", reached=reached, seen_at=1.0, digest=V1)
    released(installation, "shop", h1=host)

    done = reconcile(installation, state=state, reason="could not look at h1")

    assert done.returncode == code
    assert ("could not look at h1" in done.stdout) is (state != "succeeded")


def test_a_reconcile_of_all_apps_names_those_that_it_leaves_alone(
    installation: Installation,
) -> None:
    installation.write_app("shop", "blog")
    released(installation, "shop", h1=HostState("shop", "h1", reached=True, digest=V1))
    released(installation, "blog")
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        change_app(connection, "blog", applied_generation=0)
    store.close()

    done = reconcile(installation, state="succeeded")

    assert done.returncode == 3
    assert done.stderr.startswith("blog: a run is about to start; wait for it")
    assert done.stdout.startswith("shop:")
    assert reconcile(installation, "blog", state="succeeded").returncode == 4


def test_a_reconcile_of_all_apps_names_those_that_were_never_deployed(
    installation: Installation,
) -> None:
    installation.write_app("shop", "blog")

    none = reconcile(installation, state="succeeded")
    released(installation, "shop", h1=HostState("shop", "h1", reached=True, digest=V1))
    some = reconcile(installation, state="succeeded")

    assert none.returncode == 3
    assert [line.partition(":")[0] for line in none.stderr.splitlines()] == ["blog", "shop"]
    assert some.returncode == 3
    assert some.stderr == "blog: was never deployed by this bridge\n"
    assert some.stdout.startswith("shop:")
    assert reconcile(installation, "blog", state="succeeded").returncode == 4


def test_a_reconcile_of_no_app_says_so(installation: Installation) -> None:
    installation.write_app()

    done = reconcile(installation, state="succeeded")

    assert (done.returncode, done.stdout) == (0, "No app is declared.\n")
