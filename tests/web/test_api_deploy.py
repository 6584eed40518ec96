# SPDX-License-Identifier: GPL-3.0-or-later
"""What a deploy through the API makes the wish."""

from __future__ import annotations

from typing import get_args

import pytest
from flask.testing import FlaskClient

from tests.support.kept_releases import good, hold
from tests.support.tag_registry import TagRegistry
from webhook_bridge.domain.releases import UNFINISHED, HeldReason
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import holds, releases

V1, V2, V3 = (f"sha256:{digit * 64}" for digit in "123")


def test_a_deploy_makes_what_the_tracked_tag_means_the_wish(api: FlaskClient) -> None:
    answer = api.post("/api/v1/apps/shop/deploy")

    assert answer.status_code == 202
    release = answer.json["release"]
    assert (release["digest"], release["tag"], release["cause"]) == (V1, "latest", "deploy")


@pytest.mark.parametrize(("wanted", "tag"), [({"tag": "2.0"}, "2.0"), ({"digest": V2}, None)])
def test_a_deploy_of_a_tag_or_a_digest_is_that(
    api: FlaskClient, wanted: dict[str, str], tag: str | None
) -> None:
    release = api.post("/api/v1/apps/shop/deploy", json=wanted).json["release"]

    assert (release["digest"], release["tag"]) == (V2, tag)


@pytest.mark.parametrize("reason", sorted({*get_args(HeldReason)} - {UNFINISHED}))
@pytest.mark.parametrize("body", [{}, {"tag": "latest"}])
def test_a_deploy_of_a_tag_that_means_a_held_digest_is_refused_and_changes_nothing(
    api: FlaskClient, bridge: Bridge, body: dict[str, str], reason: HeldReason
) -> None:
    hold(bridge, V1, reason=reason)

    answer = api.post("/api/v1/apps/shop/deploy", json=body)

    assert (answer.status_code, answer.json["error"]) == (409, "held")
    assert f"tag latest means {V1[7:19]}, which is held ({reason})" in answer.json["message"]
    assert f"longshore deploy shop --digest {V1[7:19]}, or add --force" in answer.json["message"]
    shown = api.get("/api/v1/apps/shop").json
    assert (shown["release"], shown["held"]) == (None, {V1: reason})


@pytest.mark.parametrize("body", [{"force": True}, {"digest": V1}, {"digest": V1[7:19]}])
def test_a_deploy_with_force_or_of_the_digest_brings_a_held_one(
    api: FlaskClient, bridge: Bridge, registry: TagRegistry, body: dict[str, object]
) -> None:
    registry.digests[V1] = V1
    hold(bridge, V1)

    answer = api.post("/api/v1/apps/shop/deploy", json=body)

    assert (answer.status_code, answer.json["release"]["digest"]) == (202, V1)
    assert api.get("/api/v1/apps/shop").json["held"] == {}


@pytest.mark.parametrize("start", ["1111", "sha256:1111", V1[7:19], V1[7:]])
def test_a_deploy_takes_the_first_digits_of_a_digest(
    api: FlaskClient, bridge: Bridge, registry: TagRegistry, start: str
) -> None:
    registry.digests[V1] = V1
    good(bridge, V1)
    good(bridge, V2)

    answer = api.post("/api/v1/apps/shop/deploy", json={"digest": start})

    assert answer.json["release"]["digest"] == V1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "deploy", {"digest": "4" * 12}),
        ("POST", "rollback", {"to": "4" * 12}),
        ("DELETE", f"holds/{'4' * 12}", None),
    ],
)
def test_digits_that_could_be_two_digests_are_refused_with_both(
    api: FlaskClient, bridge: Bridge, method: str, path: str, body: dict[str, str] | None
) -> None:
    both = [f"sha256:{'4' * 60}{end}" for end in ("aaaa", "bbbb")]
    for digest in both:
        good(bridge, digest)
    hold(bridge, *both)

    answer = api.open(f"/api/v1/apps/shop/{path}", method=method, json=body)

    assert (answer.status_code, answer.json["error"]) == (400, "ambiguous")
    assert f"could be {', '.join(both)}; write more of it" in answer.json["message"]


def test_a_deploy_of_the_same_is_the_release_that_is_desired_and_asks_no_registry(
    api: FlaskClient, bridge: Bridge, registry: TagRegistry
) -> None:
    good(bridge, V1, image=f"{registry.host}/acme/shop")
    registry.broken = 503

    answer = api.post("/api/v1/apps/shop/deploy", json={"same": True})

    release = answer.json["release"]
    assert (answer.status_code, release["digest"], release["tag"]) == (202, V1, "latest")
    assert (release["cause"], release["generation"]) == ("deploy", 2)
    assert api.get("/api/v1/apps/shop").json["held"] == {}


def test_a_deploy_of_the_same_from_another_image_needs_the_digest_there(
    api: FlaskClient, bridge: Bridge
) -> None:
    good(bridge, V1, image="docker.io/acme/before")

    answer = api.post("/api/v1/apps/shop/deploy", json={"same": True})

    assert (answer.status_code, answer.json["error"]) == (409, "digest_gone")


@pytest.mark.parametrize("other", [{"tag": "latest"}, {"digest": V1}])
def test_a_deploy_of_the_same_and_of_something_else_is_refused(
    api: FlaskClient, bridge: Bridge, other: dict[str, str]
) -> None:
    good(bridge, V1)

    answer = api.post("/api/v1/apps/shop/deploy", json={"same": True, **other})

    assert (answer.status_code, answer.json["error"]) == (400, "tag_and_digest")


def test_a_deploy_of_the_same_needs_a_release(api: FlaskClient) -> None:
    answer = api.post("/api/v1/apps/shop/deploy", json={"same": True})

    assert (answer.status_code, answer.json["error"]) == (409, "never_deployed")


def test_a_deploy_of_the_same_is_refused_where_it_is_held(api: FlaskClient, bridge: Bridge) -> None:
    good(bridge, V1, image=str(bridge.apps.current()["shop"].image))
    hold(bridge, V1)

    refused = api.post("/api/v1/apps/shop/deploy", json={"same": True})
    forced = api.post("/api/v1/apps/shop/deploy", json={"same": True, "force": True})

    assert (refused.status_code, refused.json["error"]) == (409, "held")
    assert forced.status_code == 202


def test_digits_of_no_digest_that_is_known_are_refused(api: FlaskClient) -> None:
    answer = api.post("/api/v1/apps/shop/deploy", json={"digest": "9" * 12})

    assert (answer.status_code, answer.json["error"]) == (404, "not_found")
    assert (
        "no digest of shop that is known here starts with '999999999999'"
        in (answer.json["message"])
    )


@pytest.mark.parametrize(
    "body",
    [
        {"tag": "--version"},
        {"tag": "{{ x }}"},
        {"tag": "../x"},
        {"digest": "sha256:abc"},
        {"digest": V2.upper()},
        {"tag": "2.0", "digest": V2},
        {"tag": 5},
        {"tag": None},
        {"force": "yes"},
        {"digest": "sha256:12345z"},
        {"hosts": "all"},
        [],
        "x",
    ],
)
def test_a_deploy_of_anything_else_is_refused_and_changes_nothing(
    api: FlaskClient, bridge: Bridge, body: object
) -> None:
    answer = api.post("/api/v1/apps/shop/deploy", json=body)

    assert answer.status_code == 400
    assert set(answer.json) == {"error", "message"}
    with bridge.store.write() as connection:
        assert releases.desired(connection, "shop") is None


@pytest.mark.parametrize(
    ("wanted", "code"),
    [({"tag": "none"}, "tag_gone"), ({"digest": f"sha256:{'9' * 64}"}, "digest_gone")],
)
def test_a_deploy_of_what_the_registry_does_not_have_says_so(
    api: FlaskClient, wanted: dict[str, str], code: str
) -> None:
    answer = api.post("/api/v1/apps/shop/deploy", json=wanted)

    assert (answer.status_code, answer.json["error"]) == (409, code)


def test_a_digest_that_is_replaced_by_hand_is_held_but_can_be_rolled_back_to(
    api: FlaskClient, bridge: Bridge
) -> None:
    good(bridge, V1)

    chosen = api.post("/api/v1/apps/shop/deploy", json={"digest": V2})
    with bridge.store.read() as connection:
        held = holds.held_digests(connection, "shop")
    restore_targets = api.post("/api/v1/apps/shop/rollback")

    assert chosen.status_code == 202
    assert held == {V1: "replaced by hand"}
    assert restore_targets.json["release"]["digest"] == V1


def test_a_registry_that_is_away_is_503(api: FlaskClient, registry: TagRegistry) -> None:
    registry.broken = 503

    answer = api.post("/api/v1/apps/shop/deploy", json={})

    assert (answer.status_code, answer.json["error"]) == (503, "registry_unreachable")
