# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a delivery."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.receiving import V1, V3, Receiving, push
from tests.support.waiting import wait_for
from webhook_bridge.store import releases, rollouts


def test_a_push_of_a_new_digest_is_a_release(receiving: Receiving) -> None:
    delivery = receiving.decided(receiving.take(push(digest=V1)))

    assert delivery.verdict == "released"
    assert receiving.digests() == [V1]
    wait_for(lambda: receiving.releases_told, "the release is told")


def test_the_time_since_when_a_delivery_is_on_disk_is_told_with_its_verdict(
    receiving: Receiving,
) -> None:
    told = receiving.decided(receiving.take(push()))

    assert told.stored_at is not None
    assert told.decided_at is not None
    assert told.received_at <= told.stored_at <= told.decided_at


def test_of_a_delivery_from_before_a_restart_nobody_knows_since_when_it_is_on_disk(
    receiving: Receiving,
) -> None:
    receiving.stop()
    stored = receiving.take(push())
    receiving.start()

    assert receiving.decided(stored).stored_at is None


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


def test_a_delivery_knows_the_release_that_it_brought_or_found(receiving: Receiving) -> None:
    first, second = (receiving.decided(receiving.take(push())) for _ in range(2))
    other = receiving.decided(receiving.take(push(repository="acme/other")))

    with receiving.store.read() as connection:
        [release] = releases.latest(connection, "shop", limit=1)
        heads = [rollouts.head(connection, one.id) for one in (first, second, other)]
    assert [one and one.release_ids for one in heads] == [[release.id], [release.id], []]


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


def test_a_delivery_of_a_name_that_came_before_is_a_duplicate(receiving: Receiving) -> None:
    body = {"events": [{"id": "4711", **push()}]}
    first = receiving.take_body(json.dumps(body).encode())
    assert receiving.decided(first).verdict == "released"

    again = receiving.decided(receiving.take_body(json.dumps(body).encode()))

    assert again.verdict == "duplicate"
    assert f"repeats delivery {first}" in str(again.detail)
