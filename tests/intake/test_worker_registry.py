# SPDX-License-Identifier: GPL-3.0-or-later
"""How often a registry is asked again, and what its refusals mean."""

from __future__ import annotations

import pytest

from tests.support.receiving import V1, V2, Receiving, push
from tests.support.waiting import wait_for


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
