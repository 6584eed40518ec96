# SPDX-License-Identifier: GPL-3.0-or-later
"""Deliveries that come together, and deploys by hand beside them."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.receiving import V1, V2, Receiving, push
from tests.support.waiting import wait_for
from webhook_bridge.config.apps_reloader import AppsFile
from webhook_bridge.domain.deliveries import Delivery
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.intake import worker
from webhook_bridge.intake.parsing import ParsedDelivery
from webhook_bridge.operations import deploy
from webhook_bridge.registry.client import RegistryClient
from webhook_bridge.store import releases


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


def test_a_delivery_that_waits_for_a_silent_registry_is_not_read_whenever_another_comes(
    receiving: Receiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, whole = Counter[str](), worker.read_delivery

    def counted(delivery: Delivery, **named: Any) -> ParsedDelivery:
        read[delivery.id] += 1
        return whole(delivery, **named)

    monkeypatch.setattr(worker, "read_delivery", counted)
    receiving.registry.gate.clear()
    first = receiving.take(push())
    wait_for(lambda: receiving.registry.asked, "the question is under way")
    later = [receiving.take(push()) for _ in range(3)]
    for _ in range(5):
        receiving.verdict(push(repository="acme/another"))
    seen = [read[one] for one in later]
    receiving.registry.gate.set()

    assert seen == [1, 1, 1]
    assert {receiving.decided(one).verdict for one in (first, *later)} == {"released", "unchanged"}


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
