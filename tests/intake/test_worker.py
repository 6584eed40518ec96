# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.installation import Installation
from tests.support.tag_registry import TagRegistry, tag_registry
from tests.support.waiting import wait_for
from webhook_bridge.config.apps import load_apps
from webhook_bridge.config.apps_reloader import AppsFile
from webhook_bridge.domain.deliveries import Delivery, NewDelivery
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.intake.decisions import Waits
from webhook_bridge.intake.worker import Intake
from webhook_bridge.operations import deploy
from webhook_bridge.registry.client import RegistryClient
from webhook_bridge.store import Store, deliveries, releases

V1, V2, V3 = (f"sha256:{digit * 64}" for digit in "123")
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class Receiving:
    """An intake at work, the registry it asks, and the store it writes to."""

    def __init__(self, installation: Installation, registry: TagRegistry, store: Store) -> None:
        self.installation = installation
        self.registry = registry
        self.store = store
        self.releases_told = 0
        self.patience = 3600.0
        self._intake: Intake | None = None

    def start(self) -> None:
        settings = self.installation.settings()
        self._intake = Intake(
            self.store,
            hooks=settings.hooks,
            apps=AppsFile(self.installation.apps_file),
            registry=RegistryClient(settings.registries, timeout_s=5),
            patience=self.patience,
            released=self._tell,
            waits=Waits(race=(0.05,) * 4, retry=(0.05,)),
            poll_interval_s=0.02,
        )
        self._intake.start()

    def stop(self) -> None:
        if self._intake is not None:
            self._intake.stop()
            self._intake = None

    def _tell(self) -> None:
        self.releases_told += 1

    def take(self, *events: dict[str, Any], hook: str = "mine") -> str:
        """Store the envelope of these events as a hook does; return the delivery's id."""
        return self.take_body(json.dumps({"events": events}).encode(), hook=hook)

    def take_body(self, body: bytes, *, hook: str = "mine", source: str = "distribution") -> str:
        new = NewDelivery(hook, source, "127.0.0.1", {}, body, time.time())
        with self.store.write() as connection:
            identifier = deliveries.add(connection, new)
        if self._intake is not None:
            self._intake.wake()
        return identifier

    def find(self, identifier: str) -> Delivery:
        with self.store.read() as connection:
            [found] = deliveries.find(connection, identifier)
        return found

    def decided(self, identifier: str) -> Delivery:
        def look() -> Delivery | None:
            found = self.find(identifier)
            return found if found.verdict else None

        found = wait_for(look, f"verdict of {identifier}: {self.find(identifier)}")
        assert found is not None
        return found

    def verdict(self, *events: dict[str, Any], hook: str = "mine") -> str | None:
        return self.decided(self.take(*events, hook=hook)).verdict

    def digests(self, app: str = "shop") -> list[str]:
        """Return the digests of all releases, the first one first."""
        with self.store.read() as connection:
            return [one.digest for one in releases.latest(connection, app, limit=99)][::-1]


@pytest.fixture
def registry() -> Iterator[TagRegistry]:
    with tag_registry(latest=V1) as running:
        yield running


@pytest.fixture
def receiving(tmp_path: Path, registry: TagRegistry, store: Store) -> Iterator[Receiving]:
    """An intake that has the patience of a test: every wait between two tries is short."""
    folder = tmp_path / "longshore"
    folder.mkdir()
    made = Receiving(Installation(folder, registry=registry.host), registry, store)
    made.start()
    yield made
    made.stop()


def push(
    tag: str | None = "latest", digest: str | None = None, *, repository: str = "acme/shop"
) -> dict[str, Any]:
    target = {"mediaType": MANIFEST, "repository": repository, "tag": tag, "digest": digest}
    return {"action": "push", "target": target}


def test_a_push_of_a_new_digest_is_a_release(receiving: Receiving) -> None:
    delivery = receiving.decided(receiving.take(push(digest=V1)))

    assert delivery.verdict == "released"
    assert receiving.digests() == [V1]
    wait_for(lambda: receiving.releases_told, "the release is told")


def test_what_is_released_is_what_the_registry_says_and_not_the_sender(
    receiving: Receiving,
) -> None:
    assert receiving.verdict(push(digest=V3)) == "released"

    assert receiving.digests() == [V1]


def test_a_release_names_the_delivery_it_came_from(receiving: Receiving) -> None:
    delivery = receiving.decided(receiving.take(push()))

    with receiving.store.read() as connection:
        [release] = releases.latest(connection, "shop", limit=1)
    assert (release.delivery_id, release.actor, release.tag) == (delivery.id, "hook mine", "latest")


def test_the_same_push_again_changes_nothing(receiving: Receiving) -> None:
    receiving.verdict(push())

    assert receiving.verdict(push()) == "unchanged"
    assert receiving.digests() == [V1]


@pytest.mark.parametrize(
    ("event", "verdict"),
    [
        (push(repository="acme/other"), "no_app"),
        (push("dev"), "tag_not_tracked"),
        (push(None), "untagged"),
        (push(f"sha256-{'a' * 64}.sig"), "not_an_image"),
        (push("{{ lookup('pipe','id') }}"), "invalid_reference"),
        (push("--version"), "invalid_reference"),
        (push("../../x"), "invalid_reference"),
        (push(repository="../../x"), "invalid_reference"),
        ({"action": "pull"}, "not_a_push"),
        ({"action": "push"}, "unexpected_shape"),
    ],
)
def test_what_concerns_no_app_has_its_verdict_without_a_question(
    receiving: Receiving, event: dict[str, Any], verdict: str
) -> None:
    assert receiving.verdict(event) == verdict
    assert receiving.registry.asked == 0


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"a": 1, "a": 2}'])
def test_what_cannot_be_read_is_malformed(receiving: Receiving, body: bytes) -> None:
    delivery = receiving.decided(receiving.take_body(body))

    assert delivery.verdict == "malformed"
    assert delivery.detail
    assert "\n" not in delivery.detail


def test_a_hook_that_was_removed_meanwhile_is_named(receiving: Receiving) -> None:
    delivery = receiving.decided(receiving.take(push(), hook="old"))

    assert (delivery.verdict, delivery.detail) == (
        "hook_removed",
        "hook old is no longer configured",
    )


def test_a_kind_of_sender_that_is_gone_keeps_nobody_else_waiting(receiving: Receiving) -> None:
    receiving.take_body(b"{}", source="of-a-newer-version")

    assert receiving.verdict(push()) == "released"


def test_the_weightiest_of_several_events_is_the_verdict(receiving: Receiving) -> None:
    events = [{"action": "pull"}, push("dev"), push(), push(repository="acme/other")]

    assert receiving.verdict(*events) == "released"


def test_an_image_of_two_apps_is_two_releases_and_one_question(receiving: Receiving) -> None:
    receiving.installation.write_app("shop", "twin")

    delivery = receiving.decided(receiving.take(push()))

    assert "shop: " in (delivery.detail or "")
    assert "twin: " in (delivery.detail or "")
    assert receiving.digests("shop") == receiving.digests("twin") == [V1]
    assert receiving.registry.asked == 1


def test_a_tag_that_is_written_after_its_event_is_waited_for(receiving: Receiving) -> None:
    receiving.verdict(push())
    identifier = receiving.take(push(digest=V2))
    wait_for(lambda: receiving.find(identifier).attempts, "a second try")

    receiving.registry.digests["latest"] = V2

    assert receiving.decided(identifier).verdict == "released"
    assert receiving.digests() == [V1, V2]


def test_the_first_tag_of_a_repository_is_waited_for_too(receiving: Receiving) -> None:
    del receiving.registry.digests["latest"]
    identifier = receiving.take(push(digest=V2))
    wait_for(lambda: receiving.find(identifier).attempts, "a second try")

    receiving.registry.digests["latest"] = V2

    assert receiving.decided(identifier).verdict == "released"


def test_a_tag_that_never_comes_is_gone(receiving: Receiving) -> None:
    receiving.registry.digests.clear()

    delivery = receiving.decided(receiving.take(push()))

    assert delivery.verdict == "tag_gone"
    assert f"{receiving.installation.image}:latest" in (delivery.detail or "")
    assert receiving.digests() == []


def test_a_registry_that_is_down_is_asked_until_it_is_up_again(receiving: Receiving) -> None:
    receiving.registry.broken = 503
    identifier = receiving.take(push())
    wait_for(lambda: receiving.find(identifier).attempts >= 3, "some tries")
    waiting = receiving.find(identifier)

    receiving.registry.broken = None

    assert receiving.decided(identifier).verdict == "released"
    assert (waiting.verdict, waiting.due_at is not None) == (None, True)
    assert "out of order" in (waiting.detail or "")


def test_when_patience_ends_the_registry_was_unreachable(receiving: Receiving) -> None:
    receiving.stop()
    receiving.patience = 0.2
    receiving.registry.broken = 503
    receiving.start()

    delivery = receiving.decided(receiving.take(push()))

    assert delivery.verdict == "registry_unreachable"
    assert receiving.installation.registry in (delivery.detail or "")


@pytest.mark.parametrize(
    ("status", "verdict"), [(401, "registry_denied"), (403, "registry_denied")]
)
def test_a_registry_that_refuses_is_not_asked_again(
    receiving: Receiving, status: int, verdict: str
) -> None:
    receiving.registry.broken = status

    assert receiving.verdict(push()) == verdict


def test_a_registry_that_answers_nonsense_has_failed(receiving: Receiving) -> None:
    receiving.registry.broken = 418

    assert receiving.verdict(push()) == "registry_failed"


def test_a_digest_that_is_held_is_not_released(receiving: Receiving) -> None:
    with receiving.store.write() as connection:
        releases.hold(connection, "shop", V1, reason="put back", run_id=None, now=1.0)

    assert receiving.verdict(push()) == "held"
    assert receiving.digests() == []


def test_a_digest_is_held_with_the_options_that_it_failed_with_only(receiving: Receiving) -> None:
    failed_with = load_apps(receiving.installation.apps_file)["shop"].options_fingerprint
    with receiving.store.write() as connection:
        releases.hold(
            connection, "shop", V1, reason="put back", run_id=None, options=failed_with, now=1.0
        )
    assert receiving.verdict(push(digest=V1)) == "held"

    receiving.installation.write_app("shop", container={"env": {"NEEDED": "yes"}})

    wait_for(lambda: receiving.verdict(push(digest=V1)) == "released", "the corrected options")


def test_what_was_not_finished_is_tried_again_by_a_push_but_not_by_a_repetition(
    receiving: Receiving,
) -> None:
    body = json.dumps({"events": [{"id": "4711", **push()}]}).encode()
    assert receiving.decided(receiving.take_body(body)).verdict == "released"
    with receiving.store.write() as connection:
        releases.hold(connection, "shop", V1, reason="not finished", run_id=None, now=1.0)
        releases.desire(
            connection, NewRelease("shop", "r/acme/shop", "latest", V2, "deploy", "me"), now=1.0
        )

    assert receiving.decided(receiving.take_body(body)).verdict == "duplicate"
    assert receiving.verdict(push()) == "released"
    with receiving.store.read() as connection:
        assert releases.held_digests(connection, "shop") == {}


def test_a_push_of_what_could_not_be_brought_is_a_release_of_its_own(receiving: Receiving) -> None:
    assert receiving.verdict(push(digest=V1)) == "released"
    with receiving.store.write() as connection:
        first = releases.desired(connection, "shop")
        assert first is not None
        releases.mark(connection, first.id, "failed")

    again = [receiving.take(push(digest=V1)) for _ in range(2)]

    found = sorted(str(receiving.decided(one).verdict) for one in again)
    assert found == ["released", "unchanged"]
    assert receiving.digests() == [V1, V1]


def test_a_delivery_for_which_no_thread_can_be_started_is_taken_up_again(
    monkeypatch: pytest.MonkeyPatch, receiving: Receiving
) -> None:
    submit, failures = ThreadPoolExecutor.submit, itertools.count()

    def refuse_once(pool: ThreadPoolExecutor, *arguments: Any) -> Any:
        if next(failures) == 0:
            raise RuntimeError("can't start new thread")
        return submit(pool, *arguments)

    monkeypatch.setattr(ThreadPoolExecutor, "submit", refuse_once)

    assert receiving.verdict(push()) == "released"


def test_twenty_equal_deliveries_are_one_release(receiving: Receiving) -> None:
    taken = [receiving.take(push(digest=V1)) for _ in range(20)]

    found = [receiving.decided(identifier).verdict for identifier in taken]

    assert set(found) <= {"released", "unchanged"}
    assert receiving.digests() == [V1]


def test_twenty_waiting_deliveries_share_one_answer(receiving: Receiving) -> None:
    receiving.stop()
    taken = [receiving.take(push()) for _ in range(20)]

    receiving.start()

    assert (
        sorted(str(receiving.decided(one).verdict) for one in taken)
        == ["released"] + ["unchanged"] * 19
    )
    assert receiving.registry.asked == 1


def test_two_references_are_asked_for_side_by_side(receiving: Receiving) -> None:
    receiving.installation.write_app("shop")
    apps = json.loads(receiving.installation.apps_file.read_text())
    apps["apps"]["next"] = apps["apps"]["shop"] | {"track": "next"}
    receiving.installation.apps_file.write_text(json.dumps(apps))
    receiving.registry.digests["next"] = V2
    receiving.registry.gate.clear()

    both = [receiving.take(push()), receiving.take(push("next"))]
    wait_for(lambda: receiving.registry.asked == 2, "both questions at the same time")
    receiving.registry.gate.set()

    assert [receiving.decided(one).verdict for one in both] == ["released"] * 2


def test_the_same_reference_is_asked_for_by_one_at_a_time(receiving: Receiving) -> None:
    receiving.registry.gate.clear()
    first = receiving.take(push())
    wait_for(lambda: receiving.registry.asked, "the first question")
    second = receiving.take(push())
    receiving.registry.digests["latest"] = V2
    receiving.registry.gate.set()

    receiving.decided(first)
    receiving.decided(second)

    assert receiving.digests() == [V1, V2]


def test_pushes_that_follow_one_another_are_never_released_backwards(receiving: Receiving) -> None:
    order = [f"sha256:{number:064x}" for number in range(40)]
    taken = []
    for digest in order:
        receiving.registry.digests["latest"] = digest
        taken.append(receiving.take(push(digest=digest)))

    for identifier in taken:
        receiving.decided(identifier)

    released = receiving.digests()
    assert released == sorted(set(released))
    assert released[-1] == order[-1]


def test_an_answer_that_a_deploy_overtook_is_asked_for_again(receiving: Receiving) -> None:
    receiving.registry.gate.clear()
    identifier = receiving.take(push())
    wait_for(lambda: receiving.registry.asked, "the question is under way")
    new = NewRelease("shop", "r/acme/shop", "latest", V2, "deploy", "somebody")
    with receiving.store.write() as connection:
        releases.desire(connection, new, now=time.time())
    receiving.registry.digests["latest"] = V2

    receiving.registry.gate.set()

    assert receiving.decided(identifier).verdict == "unchanged"
    assert receiving.digests() == [V2]


def test_a_deploy_by_hand_that_a_push_overtook_asks_again_too(receiving: Receiving) -> None:
    registry = RegistryClient(receiving.installation.settings().registries, timeout_s=5)
    apps = AppsFile(receiving.installation.apps_file).current()
    receiving.registry.gate.clear()
    by_hand = threading.Thread(
        target=deploy.deploy,
        args=(receiving.store, registry, apps),
        kwargs={"name": "shop", "actor": "somebody"},
    )
    by_hand.start()
    wait_for(lambda: receiving.registry.asked, "the question is under way")
    new = NewRelease("shop", "r/acme/shop", "latest", V2, "delivery", "hook mine")
    with receiving.store.write() as connection:
        releases.desire(connection, new, now=time.time())
    receiving.registry.digests["latest"] = V2

    receiving.registry.gate.set()
    by_hand.join()

    assert receiving.digests()[-1] == V2


def test_what_was_undecided_at_the_end_is_decided_at_the_next_start(receiving: Receiving) -> None:
    receiving.stop()
    identifier = receiving.take(push())

    receiving.start()

    assert receiving.decided(identifier).verdict == "released"


def test_an_app_that_was_added_meanwhile_is_found_without_a_restart(receiving: Receiving) -> None:
    assert receiving.verdict(push(repository="acme/new")) == "no_app"

    image = f"{receiving.installation.registry}/acme/new"
    receiving.installation.write_app("shop", image=image)

    assert receiving.verdict(push(repository="acme/new")) == "released"


def test_a_wrong_edit_of_the_apps_file_leaves_the_apps_as_they_were(receiving: Receiving) -> None:
    receiving.installation.apps_file.write_text("apps: {shop: {}}")

    assert receiving.verdict(push()) == "released"


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
        releases.hold(connection, "shop", V2, reason="put back", run_id=None, now=1.0)
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


def test_a_delivery_of_a_name_that_came_before_is_a_duplicate(receiving: Receiving) -> None:
    body = {"events": [{"id": "4711", **push()}]}
    first = receiving.take_body(json.dumps(body).encode())
    assert receiving.decided(first).verdict == "released"

    again = receiving.decided(receiving.take_body(json.dumps(body).encode()))

    assert again.verdict == "duplicate"
    assert f"repeats delivery {first}" in str(again.detail)
