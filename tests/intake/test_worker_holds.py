# SPDX-License-Identifier: GPL-3.0-or-later
"""What a push does where its digest is held or was not finished."""

from __future__ import annotations

import json

from tests.support.receiving import V1, V2, Receiving, push
from tests.support.waiting import wait_for
from webhook_bridge.config.apps import load_apps
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.store import holds, releases


def test_a_digest_that_is_held_is_not_released(receiving: Receiving) -> None:
    with receiving.store.write() as connection:
        holds.hold(connection, "shop", V1, reason="put back", run_id=None, now=1.0)

    assert receiving.verdict(push()) == "held"
    assert receiving.digests() == []


def test_a_digest_is_held_with_the_options_that_it_failed_with_only(receiving: Receiving) -> None:
    failed_with = load_apps(receiving.installation.apps_file)["shop"].options_fingerprint
    with receiving.store.write() as connection:
        holds.hold(
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
        holds.hold(connection, "shop", V1, reason="not finished", run_id=None, now=1.0)
        releases.desire(
            connection, NewRelease("shop", "r/acme/shop", "latest", V2, "deploy", "me"), now=1.0
        )

    assert receiving.decided(receiving.take_body(body)).verdict == "duplicate"
    assert receiving.verdict(push()) == "released"
    with receiving.store.read() as connection:
        assert holds.held_digests(connection, "shop") == {}


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
