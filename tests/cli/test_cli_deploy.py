# SPDX-License-Identifier: GPL-3.0-or-later
"""What `longshore deploy` makes the wish."""

from __future__ import annotations

import pytest

from tests.support.commands import V1, V2, as_json, longshore, released
from tests.support.installation import Installation
from tests.support.tag_registry import TagRegistry
from webhook_bridge.cli.follow import follow_release
from webhook_bridge.config.apps import load_apps
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.errors import LongshoreError
from webhook_bridge.store import holds, releases, runs
from webhook_bridge.store.database import open_store

# A command leaves its connections to the end of its process, which is not the test's end.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def test_a_deploy_of_a_held_digest_wants_force(served: Installation) -> None:
    store = open_store(served.settings().state_dir)
    with store.write() as connection:
        holds.hold(connection, "shop", V1, reason="put back", run_id=None, now=1.0)
    store.close()

    refused = longshore("deploy", "shop", "--no-wait", config=served.file)
    forced = longshore("deploy", "shop", "--no-wait", "--force", config=served.file)

    assert refused.returncode == 4
    assert "is held (put back)" in refused.stderr
    assert (forced.returncode, forced.stderr) == (0, "")


def test_a_deploy_with_other_options_than_a_digest_failed_with_goes_on(
    served: Installation,
) -> None:
    store = open_store(served.settings().state_dir)
    failed_with = load_apps(served.apps_file)["shop"].options_fingerprint
    with store.write() as connection:
        hold = {"reason": "not healthy", "run_id": None, "now": 1.0, "options": failed_with}
        holds.hold(connection, "shop", V1, **hold)
    store.close()

    as_before = longshore("deploy", "shop", "--no-wait", config=served.file)
    planned = longshore("plan", "shop", config=served.file)
    served.write_app("shop", container={"env": {"DATABASE": "db"}})
    corrected = longshore("deploy", "shop", "--no-wait", config=served.file)

    assert (as_before.returncode, planned.returncode) == (4, 1)
    assert "is held (not healthy)" in planned.stdout
    assert (corrected.returncode, corrected.stderr) == (0, "")


def test_a_deploy_takes_the_digits_that_the_tables_print(
    served: Installation, registry: TagRegistry
) -> None:
    registry.digests[V1] = V1
    released(served, "shop", h1=HostState("shop", "h1", reached=True, digest=V1))
    assert V1[7:19] in longshore("releases", "shop", config=served.file).stdout

    view = as_json("deploy", "shop", "--no-wait", "--digest", V1[7:19], config=served.file)

    assert view["digest"] == V1


def test_a_deploy_that_is_left_to_the_bridge_is_a_wish(served: Installation) -> None:
    view = as_json("deploy", "shop", "--no-wait", config=served.file)

    assert (view["digest"], view["cause"], view["generation"]) == (V1, "deploy", 1)
    [app] = as_json("status", config=served.file, returncode=3)["apps"]
    assert app["state"] == "waiting"


def test_a_deploy_follows_no_run_of_an_app_of_this_name_that_was_removed(
    served: Installation,
) -> None:
    store = open_store(served.settings().state_dir)
    with store.write() as connection:
        new = NewRelease("shop", "r/acme/shop", "latest", V1, "deploy", "me")
        old = releases.desire(connection, new, now=1.0)
        removal = runs.start(connection, NewRun("shop", old.id, 9, 9, "remove"), now=2.0)
        runs.finish(connection, removal.id, state="succeeded", reason="gone", now=3.0)
        releases.forget_app(connection, "shop")
        again = releases.desire(connection, new, now=4.0)

    with pytest.raises(LongshoreError, match="no run of shop was started"):
        follow_release(served.settings(), store, again, is_worked_on=lambda: False)
    store.close()


def test_a_deploy_of_a_digest_keeps_the_tag_of_the_release_that_had_it(
    served: Installation, registry: TagRegistry
) -> None:
    registry.digests |= {V1: V1, V2: V2}
    assert longshore("deploy", "shop", "--no-wait", config=served.file).returncode == 0

    again, repeated, other = (
        as_json("deploy", "shop", "--no-wait", "--digest", digest, config=served.file)
        for digest in (V1, V1, V2)
    )

    assert [again["tag"], repeated["tag"], other["tag"]] == ["latest", "latest", None]
