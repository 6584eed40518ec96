# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the pushed tags is released, and when."""

from __future__ import annotations

import time

from tests.support.receiving import V1, V2, V3, Receiving, push
from tests.support.waiting import wait_for
from webhook_bridge.config.apps_reloader import AppsFile
from webhook_bridge.operations import deploy
from webhook_bridge.registry.client import RegistryClient
from webhook_bridge.store import deliveries, holds


def follow(receiving: Receiving, track: object, **fields: object) -> None:
    receiving.installation.write_app("shop", track=track, **fields)


def test_a_version_in_the_range_is_released_and_one_outside_is_not(receiving: Receiving) -> None:
    follow(receiving, {"semver": ">=1.4 <2"})
    receiving.registry.digests |= {"1.4.0": V2, "2.0.0": V3}

    outside = receiving.decided(receiving.take(push("2.0.0")))

    assert (outside.verdict, receiving.verdict(push("1.4.0"))) == ("tag_not_tracked", "released")
    assert "tag 2.0.0 is outside the range; app shop tracks semver >=1.4 <2" in str(outside.detail)
    assert receiving.digests() == [V2]


def test_the_newest_version_counts_whichever_was_pushed(receiving: Receiving) -> None:
    follow(receiving, {"semver": ">=1.4 <2"})
    receiving.registry.digests |= {"1.4.0": V2, "1.10.0": V3}

    assert receiving.verdict(push("1.4.0")) == "released"
    assert receiving.verdict(push("1.4.0")) == "older"
    assert receiving.digests() == [V3]


def test_a_version_that_is_pushed_late_never_downgrades(receiving: Receiving) -> None:
    follow(receiving, {"semver": "1"})
    receiving.registry.digests["1.5.0"] = V2
    receiving.verdict(push("1.5.0"))
    del receiving.registry.digests["1.5.0"]
    receiving.registry.digests["1.4.0"] = V3

    assert receiving.verdict(push("1.4.0")) == "older"
    assert receiving.digests() == [V2]


def test_a_held_version_is_passed_over_for_the_next_fix(receiving: Receiving) -> None:
    follow(receiving, {"semver": "1"})
    receiving.registry.digests["1.4.0"] = V1
    receiving.verdict(push("1.4.0"))
    receiving.registry.digests["1.5.0"] = V2
    with receiving.store.write() as connection:
        holds.hold(connection, "shop", V2, reason="put back", run_id=None, now=1.0)
    assert receiving.verdict(push("1.5.0")) == "held"

    receiving.registry.digests["1.4.1"] = V3

    assert receiving.verdict(push("1.4.1")) == "released"
    assert receiving.digests() == [V1, V3]


def test_a_version_that_is_listed_after_its_event_is_waited_for(receiving: Receiving) -> None:
    follow(receiving, {"semver": "1"})
    identifier = receiving.take(push("1.4.0", V2))
    wait_for(lambda: receiving.find(identifier).attempts, "a second try")

    receiving.registry.digests["1.4.0"] = V2

    assert receiving.decided(identifier).verdict == "released"
    assert receiving.digests() == [V2]


def test_by_push_the_last_one_counts_and_a_repetition_does_not(receiving: Receiving) -> None:
    follow(receiving, {"pattern": "[a-z]+", "order": "pushed"})
    receiving.registry.digests |= {"b": V2, "a": V3}

    verdicts = [receiving.verdict(push(tag)) for tag in ("b", "a", "b", "a")]

    assert verdicts == ["released", "released", "unchanged", "unchanged"]
    assert receiving.digests() == [V2, V3]


def test_of_two_builds_of_one_day_the_one_pushed_last_counts_and_a_repetition_does_not(
    receiving: Receiving,
) -> None:
    follow(receiving, {"pattern": "([0-9]{8})-[0-9a-f]{7}", "order": "date"})
    first, second = "20261128-fffffff", "20261128-0000000"
    receiving.registry.digests |= {first: V2}
    verdicts = [receiving.verdict(push(first))]
    receiving.registry.digests |= {second: V3}
    verdicts += [receiving.verdict(push(tag)) for tag in (second, first)]

    assert verdicts == ["released", "released", "unchanged"]
    assert receiving.digests() == [V2, V3]


def test_by_push_a_tag_that_moved_is_the_last_one(receiving: Receiving) -> None:
    follow(receiving, {"pattern": "[a-z]+", "order": "pushed"})
    receiving.registry.digests |= {"b": V2, "a": V3}
    receiving.verdict(push("b"))
    receiving.verdict(push("a"))
    receiving.registry.digests["b"] = V1

    assert receiving.verdict(push("b")) == "released"
    assert receiving.digests() == [V2, V3, V1]


def test_a_young_image_waits_visibly_and_a_newer_one_takes_its_place(receiving: Receiving) -> None:
    follow(receiving, "latest", min_age="1h")
    first = receiving.take(push())
    wait_for(lambda: receiving.find(first).attempts, "it waits")
    repeated = receiving.decided(receiving.take(push()))
    receiving.registry.digests["latest"] = V2
    second = receiving.take(push(digest=V2))
    wait_for(lambda: receiving.find(second).attempts, "it waits too")
    with receiving.store.write() as connection:
        deliveries.postpone(connection, first, due_at=0.0, detail="its time has come")

    replaced = receiving.decided(first)

    assert (repeated.verdict, replaced.verdict) == ("cooling", "cooling")
    assert f"delivery {first} waits for it" in str(repeated.detail)
    assert f"delivery {second} waits for it" in str(replaced.detail)
    waiting = receiving.find(second)
    assert waiting.due_at is not None
    assert waiting.due_at > time.time() + 3000
    assert receiving.digests() == []


def test_an_image_that_has_aged_is_released_after_a_restart_too(receiving: Receiving) -> None:
    follow(receiving, "latest", min_age="1h")
    identifier = receiving.take(push())
    wait_for(lambda: receiving.find(identifier).attempts, "it waits")
    receiving.stop()
    with receiving.store.write() as connection:
        connection.exec_driver_sql("UPDATE tag_sighting SET seen_at = seen_at - 3600")
        connection.exec_driver_sql("UPDATE delivery SET due_at = 0")

    receiving.start()

    assert receiving.decided(identifier).verdict == "released"


def test_a_deploy_by_hand_takes_the_newest_that_the_policy_takes(receiving: Receiving) -> None:
    follow(receiving, {"semver": "1"}, min_age="1h")
    receiving.registry.digests |= {"1.4.0": V2, "1.10.0": V3, "2.0.0": V1}
    registry = RegistryClient(receiving.installation.settings().registries, timeout_s=5)
    apps = AppsFile(receiving.installation.apps_file).current()

    release = deploy.deploy(receiving.store, registry, apps, name="shop", actor="somebody")

    assert (release.tag, release.digest) == ("1.10.0", V3)


def test_a_deploy_by_hand_back_to_a_version_is_not_undone_by_a_repetition(
    receiving: Receiving,
) -> None:
    follow(receiving, {"semver": "1"})
    receiving.registry.digests |= {"1.4.0": V2, "1.10.0": V3}
    receiving.verdict(push("1.10.0"))
    registry = RegistryClient(receiving.installation.settings().registries, timeout_s=5)
    apps = AppsFile(receiving.installation.apps_file).current()

    deploy.deploy(receiving.store, registry, apps, name="shop", actor="somebody", tag="1.4.0")

    assert receiving.verdict(push("1.10.0")) == "held"
    assert receiving.digests() == [V3, V2]
