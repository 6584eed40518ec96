# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.installation import Installation
from tests.support.tag_registry import TagRegistry, tag_registry
from webhook_bridge.cli.main import longshore
from webhook_bridge.config.apps_reloader import AppsFile
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.errors import Refused
from webhook_bridge.operations.serializers import View
from webhook_bridge.operations.tag_review import Reviewed, review, tags_view
from webhook_bridge.registry.client import RegistryClient
from webhook_bridge.store import Store, releases
from webhook_bridge.tags.schema import parse_track

V1, V2 = (f"sha256:{digit * 64}" for digit in "12")


@pytest.fixture
def registry() -> Iterator[TagRegistry]:
    with tag_registry() as running:
        running.digests = {"1.4.0": V1, "1.5.0": V2, "1.6.0-rc1": V2, "latest": V2}
        yield running


@pytest.fixture
def installation(tmp_path: Path, registry: TagRegistry) -> Installation:
    (tmp_path / "longshore").mkdir()
    made = Installation(tmp_path / "longshore", registry=registry.host)
    made.write_app("shop", track={"semver": ">=1.4 <2"})
    return made


def view_of(installation: Installation, store: Store, *, limit: int = 50) -> View:
    client = RegistryClient(installation.settings().registries, timeout_s=5)
    app = AppsFile(installation.apps_file).current()["shop"]
    return tags_view(store, client, name="shop", app=app, limit=limit)


def test_what_is_taken_comes_first_and_the_rest_says_why_not() -> None:
    found = review(parse_track({"semver": "1"}), ["latest", "1.4.0", "1.10.0"], seen_at={})

    assert found == [
        Reviewed("1.10.0", None, "1.10.0"),
        Reviewed("1.4.0", None, "1.4.0"),
        Reviewed("latest", "is not a full version such as 1.4.2"),
    ]


def test_by_push_a_tag_without_a_time_is_not_taken_and_says_so() -> None:
    track = parse_track({"pattern": "[a-z]+", "order": "pushed"})

    [new, old] = review(track, ["old", "new"], seen_at={"new": 1.0})

    assert (new, old.tag) == (Reviewed("new", None, "time of the push"), "old")
    assert "nobody knows when it was pushed" in str(old.why_not)


def test_the_newest_and_the_desired_tag_are_named_with_their_digests(
    installation: Installation, store: Store
) -> None:
    new = NewRelease("shop", installation.image, "1.4.0", V1, "deploy", "somebody")
    with store.write() as connection:
        releases.desire(connection, new, now=1.0)

    view = view_of(installation, store, limit=2)

    assert (view["newest"], view["digest"]) == ("1.5.0", V2)
    assert view["desired"] == {"tag": "1.4.0", "digest": V1}
    assert ([one["tag"] for one in view["tags"]], view["more"]) == (["1.5.0", "1.4.0"], 2)


def test_a_registry_that_does_not_tell_is_a_refusal(
    installation: Installation, store: Store, registry: TagRegistry
) -> None:
    registry.broken = 503

    with pytest.raises(Refused, match="out of order") as refused:
        view_of(installation, store)

    assert refused.value.code == "registry_unreachable"


def test_the_command_shows_what_the_rule_makes_of_each_tag(installation: Installation) -> None:
    done = CliRunner().invoke(longshore, ["-c", str(installation.file), "tags", "shop"])

    assert done.exit_code == 0, done.output
    assert "track semver >=1.4 <2 takes 1.5.0 (222222222222) now; desired is nothing" in done.output
    assert "1.5.0      yes    1.5.0       -" in done.output
    assert "1.6.0-rc1  no     -           is a pre-release" in done.output


def test_a_date_that_a_range_takes_for_its_greatest_version_is_noted(
    installation: Installation, registry: TagRegistry
) -> None:
    installation.write_app("shop", track={"semver": ">=10"})
    registry.digests = {"10.2.0": V1, "2021.12.16": V2}

    done = CliRunner().invoke(longshore, ["-c", str(installation.file), "tags", "shop"])

    assert "note: 2021.12.16 reads as a date and counts as a version greater than 10.2.0" in (
        done.output
    )
