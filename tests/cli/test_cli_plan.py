# SPDX-License-Identifier: GPL-3.0-or-later
"""What a deployment would do, by `longshore plan` and by the API; nothing is changed by it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.commands import V1, V2, as_json, longshore, released
from tests.support.installation import Installation
from tests.support.tag_registry import TagRegistry
from webhook_bridge.cli import plan as plan_module
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.image_labels import ImageLabels
from webhook_bridge.store import holds, image_labels
from webhook_bridge.store.database import open_store
from webhook_bridge.store.tables import metadata

# A command leaves its connections to the end of its process, which is not the test's end.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def inventory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask no Ansible: that would cost each test two seconds."""
    hosts = ["h1", "h2", "h3"]
    monkeypatch.setattr(plan_module, "hosts_of_apps", lambda _s, apps: dict.fromkeys(apps, hosts))


def knows(installation: Installation, **digests: str) -> None:
    states = {
        host: HostState("shop", host, reached=True, seen_at=1.0, digest=digest)
        for host, digest in digests.items()
    }
    released(installation, "shop", **states)


def plan_of(installation: Installation, *words: str, returncode: int) -> Any:
    [found] = as_json("plan", *words, config=installation.file, returncode=returncode)["plans"]
    return found


def stored(installation: Installation) -> bytes:
    store = open_store(installation.settings().state_dir)
    with store.read() as connection:
        found = [list(connection.execute(select(one))) for one in metadata.sorted_tables]
    store.close()
    return repr(found).encode()


def test_nothing_to_do_ends_with_0(served: Installation) -> None:
    knows(served, h1=V1, h2=V1, h3=V1)

    done = longshore("plan", "shop", config=served.file)

    assert done.returncode == 0, done.stderr
    assert "shop: nothing to do: 3 hosts run latest" in done.stdout


def test_a_new_image_is_told_from_version_to_version_in_its_batches(
    served: Installation, registry: TagRegistry
) -> None:
    knows(served, h1=V1, h2=V1, h3=V2)
    registry.digests["latest"] = V2
    store = open_store(served.settings().state_dir)
    with store.write() as connection:
        image_labels.put(connection, V1, ImageLabels("1.4.1"))
        image_labels.put(connection, V2, ImageLabels("1.4.2"))
    store.close()
    before = stored(served)

    done = longshore("plan", "shop", config=served.file)
    view = plan_of(served, "shop", returncode=2)

    assert done.returncode == 2
    assert "1.4.2 would come to 2 of 3 hosts in 3 batches, h1 first" in done.stdout
    assert re.search(rf"h1 +1 +image +1\.4\.1 {V1[7:19]} → 1\.4\.2 {V2[7:19]}", done.stdout)
    assert "the oldest is of 1970-01-01 00:00:01 UTC" in done.stdout
    assert view["canary"] == ["h1"]
    assert [(one["host"], one["change"]) for one in view["hosts"]] == [
        ("h1", "image"),
        ("h2", "image"),
        ("h3", "unchanged"),
    ]
    assert stored(served) == before


def test_options_are_told_by_name_alone(served: Installation) -> None:
    differs = HostState(
        "shop", "h1", reached=True, seen_at=1.0, digest=V1, other_options=("env DB_PASSWORD",)
    )
    released(served, "shop", h1=differs)
    served.write_app("shop", container={"env": {"DB_PASSWORD": "correct-horse"}})

    done = longshore("plan", "shop", "--same", config=served.file)

    assert done.returncode == 2
    assert "options: env DB_PASSWORD" in done.stdout
    assert "correct-horse" not in done.stdout + done.stderr


def test_a_held_digest_is_told_and_naming_it_would_bring_it(served: Installation) -> None:
    knows(served, h1=V2, h2=V2, h3=V2)
    store = open_store(served.settings().state_dir)
    with store.write() as connection:
        holds.hold(connection, "shop", V1, reason="put back", run_id=None, now=1.0)
    store.close()

    held = plan_of(served, "shop", returncode=1)
    named = plan_of(served, "shop", "--digest", V1[7:15], returncode=2)

    assert (held["problem"]["code"], held["changes"]) == ("held", 0)
    assert "put back" in held["sentence"]
    assert (named["problem"], named["changes"]) == (None, 3)


def test_hosts_that_are_away_are_left_out_or_refuse_the_rollout(served: Installation) -> None:
    states = {
        host: HostState("shop", host, reached=host != "h1", digest=V2, seen_at=1.0)
        for host in ("h1", "h2", "h3")
    }
    released(served, "shop", **states)

    one_away = plan_of(served, "shop", returncode=2)
    served.write_app("shop", rollout={"unreachable": "fail"})
    refused = plan_of(served, "shop", returncode=1)

    assert one_away["batches"] == [["h2"], ["h3"]]
    assert refused["problem"]["code"] == "unreachable"


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (("plan", "nope"), "nope", "not_found"),
        (("plan", "--tag", "1.5"), "name APP", "usage"),
        (("plan", "shop", "--tag", "1.5", "--same"), "not several", "tag_and_digest"),
        (("plan", "shop", "--digest", "feed"), "feed", "not_found"),
        (("plan", "--colour"), "--colour", "usage"),
    ],
)
def test_trouble_ends_with_1_and_programs_read_why(
    served: Installation, words: tuple[str, ...], said: str, code: str
) -> None:
    done = longshore(*words, "--json", config=served.file)

    assert done.returncode == 1
    assert said in done.stderr
    assert json.loads(done.stdout)["error"] == code


def test_trouble_with_the_settings_ends_with_1_and_is_named(served: Installation) -> None:
    served.file.write_text("[serve]\n")

    done = longshore("plan", "--json", config=served.file)

    assert done.returncode == 1
    assert json.loads(done.stdout)["error"] == "configuration"


def test_a_registry_that_is_away_is_trouble_and_a_digest_needs_none(
    installation: Installation,
) -> None:
    knows(installation, h1=V1, h2=V1, h3=V1)

    assert plan_of(installation, "shop", returncode=1)["problem"]["code"] == "registry_unreachable"
    assert plan_of(installation, "shop", "--same", returncode=0)["problem"] is None
    assert plan_of(installation, "shop", "--digest", V1[:20], returncode=0)["changes"] == 0


def test_every_app_is_planned_where_none_is_named(served: Installation) -> None:
    served.write_app("shop", "web")
    knows(served, h1=V1, h2=V1, h3=V1)

    found = as_json("plan", config=served.file, returncode=2)["plans"]

    assert {one["app"]: one["changes"] for one in found} == {"shop": 0, "web": 3}
