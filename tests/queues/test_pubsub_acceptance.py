# SPDX-License-Identifier: GPL-3.0-or-later
"""A real bridge whose only way in is a subscription of Google Pub/Sub."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.fake_pubsub import SUBSCRIPTION, PubSub, fake_pubsub
from tests.support.installation import Installation
from tests.support.queued import DIGEST, EVENT, NOBODYS, Queued
from tests.support.tag_registry import tag_registry
from tests.support.waiting import wait_for


@dataclass
class PubSubQueued(Queued):
    """One whose queue is a subscription."""

    pubsub: PubSub

    def wait_until_empty(self) -> None:
        wait_for(lambda: self.pubsub.waiting == [], "it is empty", seconds=60)


@pytest.fixture
def queued(tmp_path: Path) -> Iterator[PubSubQueued]:
    with fake_pubsub() as pubsub, tag_registry(latest=DIGEST) as registry:
        installation = Installation(tmp_path, registry=registry.host)
        keys = {
            "service": "pubsub",
            "subscription": SUBSCRIPTION,
            "endpoint_url": pubsub.endpoint,
        }
        made = PubSubQueued(installation, keys, {}, pubsub)
        made.write_settings()
        yield made


def test_a_process_that_dies_between_storing_and_acknowledging_gets_it_again_for_one_release(
    queued: PubSubQueued,
) -> None:
    name = queued.pubsub.publish(EVENT)
    with queued.serving(LONGSHORE_CRASH_AT="after_commit") as process:
        assert process.wait(60) == -signal.SIGKILL
    left = len(queued.pubsub.waiting)
    queued.pubsub.expire()
    with queued.serving():
        first, second = queued.decided(2)
        queued.wait_until_empty()

    assert left == 1
    assert [one.headers["Longshore-Message-Id"] for one in (first, second)] == [name, name]
    assert (first.verdict, second.verdict) == ("released", "duplicate")
    assert first.remote == "pubsub:longshore"
    assert [one.delivery_id for one in queued.released()] == [first.id]


def test_what_cannot_be_read_gets_its_verdict_and_the_next_comes_after_a_refusal(
    queued: PubSubQueued,
) -> None:
    queued.pubsub.publish("no JSON")
    with queued.serving():
        queued.decided(1)
        queued.wait_until_empty()
        queued.pubsub.error = (503, "UNAVAILABLE", "try again later")
        wait_for(lambda: "UNAVAILABLE: try again later" in queued.log, "it is said", seconds=30)
        queued.pubsub.error = None
        queued.pubsub.publish(NOBODYS)
        found = queued.decided(2)
        queued.wait_until_empty()

    assert [one.verdict for one in found] == ["malformed", "tag_not_tracked"]
