# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.bridges import bridge_at_rest
from tests.support.installation import TOKEN, Installation
from tests.support.tag_registry import TagRegistry, tag_registry
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.domain.outcomes import Outcome
from webhook_bridge.domain.releases import HeldReason, NewRelease
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.state_folder import RunFiles
from webhook_bridge.store import deliveries, releases, runs
from webhook_bridge.web import api as api_routes
from webhook_bridge.web import create_app

V1, V2, V3 = (f"sha256:{digit * 64}" for digit in "123")
ROUTES = (
    "/apps",
    "/apps/shop",
    "/events",
    "/deliveries",
    "/deliveries/x",
    "/runs",
    "/runs/x",
    "/runs/x/log",
)


@pytest.fixture
def registry() -> Iterator[TagRegistry]:
    with tag_registry(**{"latest": V1, "2.0": V2, V2: V2}) as running:
        yield running


@pytest.fixture
def bridge(tmp_path: Path, registry: TagRegistry) -> Iterator[Bridge]:
    folder = tmp_path / "longshore"
    folder.mkdir()
    made = Bridge(Installation(folder, registry=registry.host).settings())
    yield made
    made.store.close()
    made._lock.release()


@pytest.fixture
def anonymous(bridge: Bridge) -> FlaskClient:
    return create_app(bridge).test_client()


@pytest.fixture
def api(bridge: Bridge) -> FlaskClient:
    client = create_app(bridge).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    return client


@pytest.fixture
def run_id(bridge: Bridge) -> str:
    """One delivery, and a run that updated one host and failed on another."""
    with bridge.store.write() as connection:
        deliveries.add(connection, NewDelivery("hub", "dockerhub", "::1", {}, b"{}\xff", 1.0))
        new = NewRelease("shop", "r/acme/shop", "latest", V1, "deploy", "me")
        release = releases.desire(connection, new, now=1.0)
        run = runs.start(connection, NewRun("shop", release.id, 1, 1, "deploy", ()), now=2.0)
        outcome = Outcome("h1", "failed", "switch", "port taken", V1, log=("a", "b"))
        runs.add_outcomes(connection, run.id, [outcome])
        runs.finish(connection, run.id, state="failed", reason="h1: port taken", now=3.0)
    log = RunFiles.of(bridge.settings.state_dir, run.id).log
    log.parent.mkdir(parents=True)
    log.write_bytes(b"TASK [Stage]\n\xff<script>\n")
    return run.id


@pytest.fixture(scope="module")
def guessing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """Whoever has no token changes nothing, so one bridge is enough for all of them."""
    with bridge_at_rest(tmp_path_factory.mktemp("guessing")) as made:
        yield create_app(made).test_client()


@pytest.mark.parametrize("route", [*ROUTES, "/nowhere"])
@pytest.mark.parametrize("token", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", "Bearer \xff"])
def test_nothing_is_told_without_the_token(guessing: FlaskClient, route: str, token: str) -> None:
    answer = guessing.get(f"/api/v1{route}", headers={"Authorization": token})

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json is not None
    assert set(answer.json) == {"error", "message"}


def test_without_a_configured_token_nobody_is_let_in(bridge: Bridge) -> None:
    bridge.settings = bridge.settings.model_copy(update={"api_tokens": ()})
    client = create_app(bridge).test_client()

    answer = client.get("/api/v1/apps", headers={"Authorization": "Bearer "})

    assert answer.status_code == 401


def test_a_token_in_the_url_is_not_looked_at(anonymous: FlaskClient) -> None:
    assert anonymous.get(f"/api/v1/apps?token={TOKEN}").status_code == 401


def test_an_app_that_was_never_deployed_says_so(api: FlaskClient) -> None:
    [app] = api.get("/api/v1/apps").json["apps"]

    assert (app["app"], app["state"], app["release"]) == ("shop", "never deployed", None)
    assert api.get("/api/v1/apps/shop").json == app


def test_an_app_shows_its_release_its_run_and_its_hosts(api: FlaskClient, run_id: str) -> None:
    app = api.get("/api/v1/apps/shop").json

    assert app["release"]["digest"] == V1
    assert app["last_run"]["id"] == run_id
    assert [one["host"] for one in app["outcomes"]] == ["h1"]


@pytest.mark.parametrize("path", ["/apps/none", "/deliveries/none", "/runs/none", "/runs/none/log"])
def test_what_is_not_there_is_named(api: FlaskClient, path: str) -> None:
    answer = api.get(f"/api/v1{path}")

    assert answer.status_code == 404
    assert answer.json["error"] == "not_found"
    assert "'none'" in answer.json["message"]


def test_a_delivery_is_shown_as_it_came(api: FlaskClient, run_id: str) -> None:
    [listed] = api.get("/api/v1/deliveries").json["deliveries"]

    shown = api.get(f"/api/v1/deliveries/{listed['id'][:8]}").json

    assert shown["body"] == "{}\\xff"
    assert shown["received_at"] == "1970-01-01T00:00:01.000+00:00"


def test_a_run_is_found_by_the_start_of_its_id_with_its_outcomes(
    api: FlaskClient, run_id: str
) -> None:
    run = api.get(f"/api/v1/runs/{run_id[:6]}").json

    assert (run["state"], run["reason"]) == ("failed", "h1: port taken")
    assert run["outcomes"][0]["log"] == ["a", "b"]


def test_runs_can_be_those_of_one_app(api: FlaskClient, run_id: str) -> None:
    assert len(api.get("/api/v1/runs?app=shop").json["runs"]) == 1
    assert api.get("/api/v1/runs?app=other").json["runs"] == []


def test_a_log_is_plain_text_that_no_browser_takes_for_a_page(
    api: FlaskClient, run_id: str
) -> None:
    answer = api.get(f"/api/v1/runs/{run_id}/log", buffered=True)

    assert answer.mimetype == "text/plain"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.data == b"TASK [Stage]\n\xff<script>\n"


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


def hold(bridge: Bridge, *digests: str, reason: HeldReason = "put back") -> None:
    with bridge.store.write() as connection:
        for digest in digests:
            releases.hold(connection, "shop", digest, reason=reason, run_id=None, now=1.0)


@pytest.mark.parametrize("reason", get_args(HeldReason))
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
        held = releases.held_digests(connection, "shop")
    restore_targets = api.post("/api/v1/apps/shop/rollback")

    assert chosen.status_code == 202
    assert held == {V1: "replaced by hand"}
    assert restore_targets.json["release"]["digest"] == V1


def test_a_registry_that_is_away_is_503(api: FlaskClient, registry: TagRegistry) -> None:
    registry.broken = 503

    answer = api.post("/api/v1/apps/shop/deploy", json={})

    assert (answer.status_code, answer.json["error"]) == (503, "registry_unreachable")


def good(bridge: Bridge, digest: str, *, image: str = "r/acme/shop") -> None:
    with bridge.store.write() as connection:
        new = NewRelease("shop", image, "latest", digest, "deploy", "me")
        releases.mark(connection, releases.desire(connection, new, now=time.time()).id, "good")


def test_a_rollback_goes_to_the_release_before_and_holds_the_one_that_is_left(
    api: FlaskClient, bridge: Bridge
) -> None:
    good(bridge, V1)
    good(bridge, V2)

    answer = api.post("/api/v1/apps/shop/rollback")

    assert answer.json["release"]["digest"] == V1
    assert api.get("/api/v1/apps/shop").json["held"] == {V2: "rolled back"}


def test_a_second_rollback_does_not_come_back_to_what_was_left(
    api: FlaskClient, bridge: Bridge
) -> None:
    good(bridge, V1)
    good(bridge, V2)
    api.post("/api/v1/apps/shop/rollback")

    answer = api.post("/api/v1/apps/shop/rollback")

    assert (answer.status_code, answer.json["error"]) == (409, "nothing_to_roll_back")


def three_good(bridge: Bridge) -> None:
    for digest in (V1, V2, V3):
        good(bridge, digest)


def test_a_rollback_goes_to_the_release_that_is_named(api: FlaskClient, bridge: Bridge) -> None:
    three_good(bridge)

    answer = api.post("/api/v1/apps/shop/rollback", json={"to": "1111"})

    assert answer.json["release"]["digest"] == V1
    assert api.get("/api/v1/apps/shop").json["held"] == {V3: "rolled back"}


@pytest.mark.parametrize(
    ("to", "status", "error"),
    [
        ("none", 404, "not_found"),
        ("", 400, "malformed"),
        (V3, 409, "already_desired"),
        ("sha256:", 400, "ambiguous"),
    ],
)
def test_a_rollback_to_anything_else_is_refused_and_changes_nothing(
    api: FlaskClient, bridge: Bridge, to: str, status: int, error: str
) -> None:
    three_good(bridge)

    answer = api.post("/api/v1/apps/shop/rollback", json={"to": to})

    assert (answer.status_code, answer.json["error"]) == (status, error)
    shown = api.get("/api/v1/apps/shop").json
    assert (shown["release"]["digest"], shown["held"]) == (V3, {})


def test_a_rollback_to_a_release_that_did_not_run_well_is_refused(
    api: FlaskClient, bridge: Bridge
) -> None:
    with bridge.store.write() as connection:
        new = NewRelease("shop", "r/acme/shop", "latest", V1, "deploy", "me")
        releases.mark(connection, releases.desire(connection, new, now=1.0).id, "restored")
    good(bridge, V2)

    answer = api.post("/api/v1/apps/shop/rollback", json={"to": V1})

    assert (answer.status_code, answer.json["error"]) == (409, "never_ran_well")


def test_releases_tell_who_brought_them_and_what_is_held(api: FlaskClient, bridge: Bridge) -> None:
    good(bridge, V1)
    good(bridge, V2)
    api.post("/api/v1/apps/shop/rollback")

    found = api.get("/api/v1/apps/shop/releases").json["releases"]

    told = [(one["digest"], one["cause"], one["actor"], one["held"]) for one in found]
    assert told == [
        (V1, "rollback", "token:api", None),
        (V2, "deploy", "me", "rolled back"),
        (V1, "deploy", "me", None),
    ]
    assert [one["is_desired"] for one in found] == [True, False, False]


def test_a_hold_is_lifted_once_and_deploys_nothing(api: FlaskClient, bridge: Bridge) -> None:
    good(bridge, V1)
    good(bridge, V2)
    api.post("/api/v1/apps/shop/rollback")

    lifted = api.delete(f"/api/v1/apps/shop/holds/{V2[:20]}")
    again = api.delete(f"/api/v1/apps/shop/holds/{V2}")

    assert (lifted.status_code, lifted.json["digest"]) == (200, V2)
    assert (again.status_code, again.json["error"]) == (409, "not_held")
    shown = api.get("/api/v1/apps/shop").json
    assert (shown["release"]["digest"], shown["held"]) == (V1, {})


def test_an_app_without_a_release_has_nothing_to_reconcile(api: FlaskClient) -> None:
    answer = api.post("/api/v1/apps/shop/reconcile")

    assert (answer.status_code, answer.json["error"]) == (409, "never_deployed")


def test_without_a_release_before_there_is_no_rollback(api: FlaskClient, bridge: Bridge) -> None:
    assert api.post("/api/v1/apps/shop/rollback").status_code == 409
    good(bridge, V1)

    answer = api.post("/api/v1/apps/shop/rollback")

    assert "no release before 111111111111 succeeded" in answer.json["message"]


def test_a_run_that_has_ended_cannot_be_canceled(api: FlaskClient, run_id: str) -> None:
    answer = api.post(f"/api/v1/runs/{run_id[:8]}/cancel")

    assert (answer.status_code, answer.json["error"]) == (409, "run_ended")


def test_a_run_that_is_canceled_names_who_wanted_it(api: FlaskClient, bridge: Bridge) -> None:
    with bridge.store.write() as connection:
        new = NewRelease("shop", "r/acme/shop", "latest", V1, "deploy", "me")
        release = releases.desire(connection, new, now=1.0)
        run = runs.start(connection, NewRun("shop", release.id, 1, 1, "deploy"), now=2.0)

    answer = api.post(f"/api/v1/runs/{run.id}/cancel")

    assert answer.status_code == 202
    assert (answer.json["run"]["state"], answer.json["run"]["canceled_by"]) == (
        "running",
        "token:api",
    )


def test_a_wrong_method_names_the_right_one(api: FlaskClient) -> None:
    answer = api.get("/api/v1/apps/shop/deploy")

    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert answer.json["error"] == "method_not_allowed"


def test_an_unexpected_error_tells_a_number_and_no_more(
    api: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_routes, "find_app", lambda *_: 1 / 0)

    answer = api.get("/api/v1/apps/shop")

    assert answer.status_code == 500
    assert answer.json["error"] == "internal_error"
    assert "division" not in answer.text


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(["/hooks/", "/hooks/hub/", "/api/v1/", "/api/v1/apps/", "/api/v1/runs/", "/"]),
    st.text(max_size=20),
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS"]),
    st.binary(max_size=30),
)
def test_nothing_that_is_sent_is_an_error_of_ours(
    api: FlaskClient, start: str, path: str, method: str, body: bytes
) -> None:
    text = path.encode("utf-8", "replace").decode()

    # With the host in front: the test client would take what follows two slashes for one.
    url = f"http://localhost{start}{text}"
    answer = api.open(url, method=method, data=body, content_type="application/json")

    assert answer.status_code < 500
    if 300 <= answer.status_code < 400:
        assert answer.headers["Location"]
