# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from webhook_bridge.domain.events import NewEvent, hold_event, lift_event, release_event
from webhook_bridge.domain.releases import Release

V2 = f"sha256:{'2' * 64}"


def test_a_release_that_is_desired_names_what_brought_it() -> None:
    release = Release(
        *("shop", "r/shop", "latest", V2, "delivery", "hook hub"),
        delivery_id="d1",
        id="r2",
        created_at=5.0,
    )

    assert release_event(release) == NewEvent(
        *("release.desired", "hook hub", 5.0, "shop", "r2"),
        delivery="d1",
        data={"digest": V2, "tag": "latest", "cause": "delivery"},
    )


def test_a_hold_and_its_end_name_digest_and_actor() -> None:
    held = hold_event("shop", V2, reason="put back", actor="bridge", at=5.0)
    lifted = lift_event("shop", V2, actor="token:api", at=6.0)

    assert (held.kind, held.actor, held.data) == (
        *("hold.set", "bridge"),
        {"digest": V2, "reason": "put back"},
    )
    assert (lifted.kind, lifted.actor, lifted.data) == ("hold.lifted", "token:api", {"digest": V2})
