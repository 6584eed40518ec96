# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way in tells what it changed, and who asked for it."""

from __future__ import annotations

import getpass
import json
import socket
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from tests.support.installation import TOKEN, Installation
from tests.support.tag_registry import TagRegistry, tag_registry
from webhook_bridge.cli.events import following
from webhook_bridge.cli.installation import actor
from webhook_bridge.cli.main import longshore
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.domain.events import NewEvent, WantedEvents
from webhook_bridge.runs import leases
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import deliveries, events, holds, releases
from webhook_bridge.web import create_app

V1, V2 = (f"sha256:{digit * 64}" for digit in "12")
ME = f"cli:{getpass.getuser()}@{socket.gethostname()}"


@pytest.fixture
def registry() -> Iterator[TagRegistry]:
    with tag_registry(**{"latest": V1, V2: V2}) as running:
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
def api(bridge: Bridge) -> FlaskClient:
    client = create_app(bridge).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    return client


def post(api: FlaskClient, path: str, **body: str) -> None:
    answer = api.post(f"/api/v1{path}", json=body)
    assert answer.status_code in (200, 202), answer.text


def told(api: FlaskClient, query: str = "after=0") -> list[tuple[Any, ...]]:
    found = api.get(f"/api/v1/events?{query}").json["events"]
    return [(one["kind"], one["actor"], one["app"]) for one in found]


def mark_good(bridge: Bridge) -> None:
    with bridge.store.write() as connection:
        release = releases.desired(connection, "shop")
        assert release is not None
        releases.mark(connection, release.id, "good")


def command(bridge: Bridge, *arguments: str) -> str:
    done = CliRunner().invoke(longshore, ["--config", str(bridge.settings.file), *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_deploy_and_a_rollback_tell_what_is_desired_and_held(
    api: FlaskClient, bridge: Bridge
) -> None:
    post(api, "/apps/shop/deploy")
    mark_good(bridge)
    post(api, "/apps/shop/deploy", digest=V2)
    mark_good(bridge)
    post(api, "/apps/shop/rollback")

    assert told(api) == [
        ("release.desired", "token:api", "shop"),
        ("hold.set", "token:api", "shop"),
        ("release.desired", "token:api", "shop"),
        ("hold.set", "token:api", "shop"),
        ("hold.lifted", "token:api", "shop"),
        ("release.desired", "token:api", "shop"),
    ]


def test_whoever_lifts_a_hold_is_named(api: FlaskClient, bridge: Bridge) -> None:
    with bridge.store.write() as connection:
        for digest in (V1, V2):
            holds.hold(connection, "shop", digest, reason="put back", run_id=None, now=1.0)

    assert api.delete(f"/api/v1/apps/shop/holds/{V1}").status_code == 200
    command(bridge, "unhold", "shop", V2)

    assert told(api) == [("hold.lifted", "token:api", "shop"), ("hold.lifted", ME, "shop")]


def test_whoever_holds_a_digest_is_named_with_the_reason_that_they_gave(
    api: FlaskClient, bridge: Bridge
) -> None:
    post(api, "/apps/shop/deploy")
    command(bridge, "hold", "shop", "--reason", "login  is\nbroken")
    with bridge.store.read() as connection:
        desired = holds.held_digests(connection, "shop")
    post(api, "/apps/shop/holds", digest=V2, reason="too slow")
    with bridge.store.read() as connection:
        held = holds.held_digests(connection, "shop")

    assert desired == {V1: "held by hand: login is broken"}
    assert held == {**desired, V2: "held by hand: too slow"}
    assert told(api)[-2:] == [("hold.set", ME, "shop"), ("hold.set", "token:api", "shop")]


def test_a_hold_without_a_digest_needs_a_release(api: FlaskClient) -> None:
    answer = api.post("/api/v1/apps/shop/holds", json={})

    assert (answer.status_code, answer.json["error"]) == (409, "never_deployed")


def test_whoever_asks_for_a_reconcile_is_named(api: FlaskClient, bridge: Bridge) -> None:
    post(api, "/apps/shop/deploy")
    mark_good(bridge)
    with bridge.store.write() as connection:
        connection.exec_driver_sql("UPDATE app SET applied_generation = generation")

    post(api, "/apps/shop/reconcile")
    command(bridge, "reconcile", "shop", "--no-wait")

    found = told(api, "kind=reconcile.requested")
    assert [one[1:] for one in found] == [(ME, "shop"), ("token:api", "shop")]


def test_whoever_cancels_a_run_is_named_once(api: FlaskClient, bridge: Bridge) -> None:
    post(api, "/apps/shop/deploy")
    with bridge.store.write() as connection:
        work = leases.acquire(connection, "shop", worker="nobody", now=9e9)
    assert work is not None

    post(api, f"/runs/{work.run.id}/cancel")
    command(bridge, "cancel", work.run.id, "--no-wait")

    assert told(api, "kind=run.started") == [("run.started", "token:api", "shop")]
    assert told(api, "kind=cancel.requested") == [("cancel.requested", "token:api", "shop")]


def test_whoever_repeats_a_delivery_is_named_and_a_dry_run_tells_nothing(
    api: FlaskClient, bridge: Bridge
) -> None:
    with bridge.store.write() as connection:
        first = deliveries.add(connection, NewDelivery("hub", "dockerhub", "", {}, b"{}", 1.0))

    api.post(f"/api/v1/deliveries/{first}/redeliver?dry_run=true")
    post(api, f"/deliveries/{first}/redeliver")

    [event] = api.get("/api/v1/events").json["events"]
    assert (event["kind"], event["actor"]) == ("delivery.repeated", "token:api")
    assert event["data"] == {"repeats": first}
    with bridge.store.read() as connection:
        assert event["delivery"] in [one.id for one in deliveries.latest(connection, limit=9)]


def test_a_refused_action_tells_nothing(api: FlaskClient) -> None:
    assert api.post("/api/v1/apps/shop/rollback").status_code == 409
    assert told(api) == []


@pytest.mark.parametrize(
    ("query", "allowed"),
    [
        ("kind=run", "must be one of delivery.decided, delivery.repeated, "),
        ("after=-1", "must be a whole number from 0 to 999999999"),
        ("since=x", "query: since: "),
        ("what=run", "allowed: app, actor, kind, since, after, limit"),
    ],
)
def test_what_is_not_understood_is_refused(api: FlaskClient, query: str, allowed: str) -> None:
    answer = api.get(f"/api/v1/events?{query}")

    assert answer.status_code == 400
    assert allowed in answer.json["message"]


def test_the_command_shows_what_the_api_shows(api: FlaskClient, bridge: Bridge) -> None:
    command(bridge, "deploy", "shop", "--no-wait")

    [event] = json.loads(command(bridge, "events", "--json"))["events"]
    assert [event] == api.get("/api/v1/events").json["events"]
    shown = command(bridge, "events", "--app", "shop", "--actor", ME, "--kind", "release.desired")
    assert ME in shown
    assert f"digest {V1[7:19]}" in shown
    assert command(bridge, "events", "--app", "blog").strip() == "No such event."


def test_following_goes_on_with_what_comes_and_loses_none(bridge: Bridge) -> None:
    def happen(*times: float) -> None:
        with bridge.store.write() as connection:
            events.record(
                connection, *(NewEvent("run.ended", "bridge", at, "shop") for at in times)
            )
            events.record(connection, NewEvent("run.ended", "bridge", 0.0, "blog"))

    happen(1.0, 2.0, 3.0)
    views = following(bridge.store, WantedEvents(app="shop"), limit=2)

    assert [one["at"][17:19] for one in islice(views, 2)] == ["02", "03"]
    happen(4.0)
    happen(5.0)
    assert [one["at"][17:19] for one in islice(views, 2)] == ["04", "05"]


def test_an_actor_is_cut_to_what_the_store_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "h" * 200)

    assert len(actor()) == 80
