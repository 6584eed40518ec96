# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API and the command line are asked: understood, or refused before anything is done."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from tests.support.bridges import bridge_at_rest
from tests.support.installation import TOKEN, Installation
from webhook_bridge.cli.main import longshore
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import deliveries, holds, releases
from webhook_bridge.web import create_app

DIGEST = f"sha256:{'1' * 64}"


@pytest.fixture
def bridge(installation: Installation) -> Iterator[Bridge]:
    made = Bridge(installation.settings())
    yield made
    made.store.close()
    made._lock.release()


def client_of(bridge: Bridge) -> FlaskClient:
    client = create_app(bridge).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    return client


@pytest.fixture
def api(bridge: Bridge) -> FlaskClient:
    return client_of(bridge)


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """The API of one bridge, for all the questions that change nothing."""
    with bridge_at_rest(tmp_path_factory.mktemp("unchanged")) as made:
        yield client_of(made)


@pytest.fixture
def delivery(bridge: Bridge) -> str:
    with bridge.store.write() as connection:
        new = NewDelivery("hub", "dockerhub", "::1", {}, b"{}", time.time())
        return deliveries.add(connection, new)


def refused(api: FlaskClient, method: str, url: str, **sent: object) -> str:
    """Return the message of a refusal."""
    answer = api.open(f"/api/v1{url}", method=method, **sent)
    assert answer.status_code == 400, answer.text
    assert answer.json is not None
    assert answer.json["error"] == "malformed"
    return str(answer.json["message"])


@pytest.mark.parametrize("value", ["true", "1"])
def test_a_dry_run_stores_nothing(
    api: FlaskClient, bridge: Bridge, delivery: str, value: str
) -> None:
    answer = api.post(f"/api/v1/deliveries/{delivery}/redeliver?dry_run={value}")

    assert answer.json is not None
    assert set(answer.json) == {"verdict", "detail"}
    with bridge.store.read() as connection:
        assert len(deliveries.latest(connection, limit=9)) == 1


@pytest.mark.parametrize("value", ["false", "0"])
def test_no_dry_run_can_be_said_too(api: FlaskClient, delivery: str, value: str) -> None:
    answer = api.post(f"/api/v1/deliveries/{delivery}/redeliver?dry_run={value}")

    assert answer.status_code == 202


@pytest.mark.parametrize("value", ["yes", "True", "on", "", "2", "true&dry_run=false", "true "])
def test_what_may_mean_a_dry_run_delivers_nothing(
    api: FlaskClient, bridge: Bridge, delivery: str, value: str
) -> None:
    said = refused(api, "POST", f"/deliveries/{delivery}/redeliver?dry_run={value}")

    assert said.startswith("query: dry_run: ")
    with bridge.store.read() as connection:
        assert len(deliveries.latest(connection, limit=9)) == 1


LISTS = ("/runs", "/events", "/deliveries", "/rejected", "/apps/shop/releases", "/apps/shop/tags")


@pytest.mark.parametrize("url", LISTS)
@pytest.mark.parametrize(
    "limit", ["abc", "-1", "1_000", "0", "201", "", "+5", "1e2", " 5", "%D9%A3", "9" * 50, "1.0"]
)
def test_a_limit_that_is_none_is_named_with_what_is_allowed(
    unchanged: FlaskClient, url: str, limit: str
) -> None:
    said = refused(unchanged, "GET", f"{url}?limit={limit}")

    assert said.startswith("query: limit: '")
    assert said.endswith(" must be a whole number from 1 to 200")


@pytest.mark.parametrize("length", ["-1", "x", "1_0", "99"])
def test_a_body_that_is_not_as_long_as_it_says_asks_for_nothing(
    api: FlaskClient, bridge: Bridge, length: str
) -> None:
    environ = {"CONTENT_LENGTH": length}
    answer = api.post("/api/v1/apps/shop/deploy", data=b"{}", environ_overrides=environ)

    assert answer.status_code == 400
    with bridge.store.read() as connection:
        assert releases.latest(connection, "shop", limit=9) == []


@pytest.mark.parametrize("limit", ["1", "200", "007"])
def test_a_limit_within_its_bounds_is_taken(unchanged: FlaskClient, limit: str) -> None:
    assert unchanged.get(f"/api/v1/runs?limit={limit}").status_code == 200


@pytest.mark.parametrize(
    ("method", "url", "allowed"),
    [
        ("GET", "/apps", "none"),
        ("GET", "/apps/shop", "none"),
        ("GET", "/apps/shop/tags", "limit"),
        ("GET", "/apps/shop/releases", "limit, after"),
        ("POST", "/apps/shop/deploy", "none"),
        ("POST", "/apps/shop/rollback", "none"),
        ("POST", "/apps/shop/holds", "none"),
        ("DELETE", "/apps/shop/holds/sha256:1", "none"),
        ("POST", "/apps/shop/reconcile", "none"),
        ("POST", "/apps/shop/inventory/confirm", "none"),
        ("GET", "/inventory", "none"),
        ("GET", "/runs", "app, limit, after"),
        ("HEAD", "/runs", "app, limit, after"),
        ("OPTIONS", "/runs", "app, limit, after"),
        ("GET", "/events", "app, actor, kind, since, after, limit"),
        ("GET", "/runs/x", "none"),
        ("GET", "/runs/x/log", "none"),
        ("POST", "/runs/x/cancel", "none"),
        ("GET", "/deliveries", "hook, verdict, since, limit, after"),
        ("GET", "/deliveries/x", "none"),
        ("POST", "/deliveries/x/redeliver", "dry_run"),
        ("GET", "/openapi.json", "none"),
        ("GET", "/rejected", "hook, since, limit, after"),
    ],
)
def test_a_query_that_a_route_does_not_know_is_named_with_those_it_knows(
    unchanged: FlaskClient, method: str, url: str, allowed: str
) -> None:
    answer = unchanged.open(f"/api/v1{url}?tag=1.5", method=method)

    assert answer.status_code == 400
    if method != "HEAD":
        assert answer.json is not None
        assert answer.json["message"] == f"query: unknown key 'tag'; allowed: {allowed}"


def test_every_route_of_the_api_is_among_those_that_were_asked(bridge: Bridge) -> None:
    rules = [one for one in create_app(bridge).url_map.iter_rules() if "/api/" in one.rule]

    assert len(rules) == 22


@pytest.mark.parametrize("url", ["/healthz?x=1", "/readyz?x=1"])
def test_a_probe_takes_no_query(unchanged: FlaskClient, url: str) -> None:
    assert unchanged.get(url).status_code == 400


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("hook=", "query: hook: '' must be a text of 1 to 200 characters"),
        ("verdict=perhaps", "query: verdict: 'perhaps' must be one of released, "),
        ("since=soon", "query: since: 'soon' must be a duration or a time, such as 2h or "),
        ("since=2h&since=3h", "query: since: must be given once, not 2 times"),
        ("limit=%1b%5b2J", "query: limit: '\\x1b[2J' must be"),
    ],
)
def test_a_value_is_named_with_what_it_must_be(
    unchanged: FlaskClient, query: str, said: str
) -> None:
    assert refused(unchanged, "GET", f"/deliveries?{query}").startswith(said)


@pytest.mark.parametrize(
    ("url", "body", "said"),
    [
        (
            "deploy",
            {"hosts": "all"},
            "body: unknown key 'hosts'; allowed: tag, digest, force, same",
        ),
        ("deploy", {"tag": 5}, "body: tag: a value of type int must be a text of 1 to 200 char"),
        ("deploy", {"tag": ""}, "body: tag: '' must be a text"),
        ("deploy", {"tag": "x" * 201}, "body: tag: 'xxx"),
        ("rollback", {"too": "x"}, "body: unknown key 'too'; allowed: to"),
        ("reconcile", {"host": "h1"}, "body: unknown key 'host'; allowed: none"),
    ],
)
def test_a_body_is_read_as_strictly_as_a_query(
    api: FlaskClient, bridge: Bridge, url: str, body: object, said: str
) -> None:
    with bridge.store.write() as connection:
        holds.hold(connection, "shop", DIGEST, reason="put back", run_id=None, now=1.0)

    assert refused(api, "POST", f"/apps/shop/{url}", json=body).startswith(said)
    with bridge.store.read() as connection:
        assert holds.held_digests(connection, "shop")


def test_a_redelivery_takes_no_body(api: FlaskClient, bridge: Bridge, delivery: str) -> None:
    refused(api, "POST", f"/deliveries/{delivery}/redeliver", json={"dry_run": True})

    with bridge.store.read() as connection:
        assert len(deliveries.latest(connection, limit=9)) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("runs", "--limit", "1_000"), "'1_000' must be a whole number from 1 to 10000"),
        (("releases", "shop", "--limit", "0"), "'0' must be a whole number from 1 to 10000"),
        (("tags", "shop", "--limit", "abc"), "'abc' must be a whole number from 1 to 10000"),
        (("deliveries", "--limit", "-1"), "'-1' must be a whole number from 1 to 10000"),
        (("deliveries", "--verdict", "x"), "'x' must be one of released, "),
        (("deliveries", "--since", "soon"), "'soon' must be a duration or a time, such as 2h or "),
        (("deliveries", "--hook", ""), "'' must be a text of 1 to 200 characters"),
        (("deliveries", "--rejected", "--verdict", "held"), "--verdict: requests that were"),
    ],
)
def test_the_command_line_refuses_in_the_same_words(
    installation: Installation, words: tuple[str, ...], said: str
) -> None:
    done = CliRunner().invoke(longshore, ["--config", str(installation.file), *words])

    assert done.exit_code == 2
    assert said in done.output
