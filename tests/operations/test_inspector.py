# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import shlex
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from tests.support.installation import SECRET, TOKEN, Installation
from tests.support.tag_registry import tag_registry
from webhook_bridge.authentication import BasicPassword, BearerToken, FixedHeader, Scheme
from webhook_bridge.cli.main import longshore
from webhook_bridge.config.durations import parse_since
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.operations.curl_command import curl_command
from webhook_bridge.receiving.rejected_requests import _MOST_AT_ONCE
from webhook_bridge.redaction import REDACTED
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import Store, deliveries, releases
from webhook_bridge.web import create_app

HUB = f"/hooks/hub/{SECRET}"
PUSH = b'{"push_data": {"tag": "latest"}, "repository": {"repo_name": "acme/other"}}'
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def bridge(installation: Installation) -> Iterator[Bridge]:
    """A bridge that receives, and decides nothing by itself."""
    made = Bridge(installation.settings())
    yield made
    made.store.close()
    made._lock.release()


@pytest.fixture
def client(bridge: Bridge) -> FlaskClient:
    return create_app(bridge).test_client()


def add(store: Store, *, hook: str = "hub", verdict: str | None = None, at: float = 0.0) -> str:
    with store.write() as connection:
        new = NewDelivery(hook, "dockerhub", "::1", {}, PUSH, at or time.time())
        identifier = deliveries.add(connection, new)
        if verdict is not None:
            deliveries.decide(connection, identifier, code=verdict, detail="said", now=at)
    return identifier


def run(installation: Installation, *words: str) -> Result:
    command = ["--config", str(installation.file), *words]
    return CliRunner().invoke(longshore, command, standalone_mode=False)


def shown(installation: Installation, *words: str) -> set[str]:
    output = run(installation, "deliveries", "--json", *words).output
    return {one["id"] for one in json.loads(output)["deliveries"]}


def listed(client: FlaskClient, query: str) -> set[str]:
    answer = client.get(f"/api/v1/deliveries?{query}", headers=BEARER)
    assert answer.json is not None
    return {one["id"] for one in answer.json["deliveries"]}


def test_deliveries_are_found_by_hook_verdict_and_age(
    installation: Installation, bridge: Bridge, client: FlaskClient
) -> None:
    old = add(bridge.store, verdict="unchanged", at=time.time() - 9000)
    young = add(bridge.store, verdict="no_app")
    other = add(bridge.store, hook="mine", verdict="no_app")
    waiting = add(bridge.store)

    for words, query, found in (
        ((), "", {old, young, other, waiting}),
        (("--hook", "mine"), "hook=mine", {other}),
        (("--verdict", "no_app"), "verdict=no_app", {young, other}),
        (("--verdict", "waiting"), "verdict=waiting", {waiting}),
        (("--since", "2h"), "since=2h", {young, other, waiting}),
        (("--since", "2h", "--hook", "hub"), "since=2h&hook=hub", {young, waiting}),
    ):
        assert shown(installation, *words) == found
        assert listed(client, query) == found


@pytest.mark.parametrize("query", ["since=soon", "verdict=perhaps"])
def test_a_filter_that_is_none_is_named(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/api/v1/deliveries?{query}", headers=BEARER)

    assert answer.status_code == 400
    assert answer.json is not None
    assert query.partition("=")[0] in answer.json["message"]


@pytest.mark.parametrize("url", ["/api/v1/deliveries", "/api/v1/rejected", "/api/v1/deliveries/x"])
def test_nothing_is_shown_without_the_token(client: FlaskClient, url: str) -> None:
    assert client.get(url).status_code == 401


def test_since_is_a_duration_or_a_time() -> None:
    assert parse_since("2h", now=10_000) == 2_800
    assert parse_since("1970-01-01T01:00", now=0) == 3600
    assert parse_since("1970-01-01T01:00+01:00", now=0) == 0


def test_a_delivery_is_shown_with_the_release_and_runs_that_it_led_to(
    bridge: Bridge, client: FlaskClient
) -> None:
    identifier = add(bridge.store, verdict="released")
    with bridge.store.write() as connection:
        digest = "sha256:" + "a" * 64
        new = NewRelease(
            "shop", "docker.io/acme/shop", "latest", digest, "delivery", "hook hub", identifier
        )
        release = releases.desire(connection, new, now=1.0)

    answer = client.get(f"/api/v1/deliveries/{identifier[:13]}", headers=BEARER)

    assert answer.json is not None
    [led_to] = answer.json["releases"]
    assert (led_to["id"], led_to["runs"]) == (release.id, [])
    assert answer.json["body"] == PUSH.decode()


def test_a_refused_request_is_kept_without_its_secrets(
    installation: Installation, bridge: Bridge, client: FlaskClient
) -> None:
    client.post("/hooks/hub/a-guess", data=b"x" * 9999, headers={"Authorization": "Bearer guess"})
    client.post(HUB, data=b"{", content_type="application/json")
    client.post("/hooks/nobody", data=b"{}")
    bridge.rejections.store_notes()

    answer = client.get("/api/v1/rejected", headers=BEARER)
    printed = run(installation, "deliveries", "--rejected", "--hook", "hub").output

    assert answer.json is not None
    unknown, malformed, wrong = answer.json["rejected"]
    assert (unknown["hook"], unknown["status"], unknown["code"]) == (None, 401, "unauthorized")
    assert (malformed["hook"], malformed["status"], malformed["code"]) == ("hub", 400, "malformed")
    assert wrong["detail"] == "the last part of the path is not the hook's secret"
    assert (wrong["body_length"], len(wrong["excerpt"])) == (9999, 2048)
    assert wrong["headers"]["Authorization"] == REDACTED
    assert "guess" not in answer.text + printed
    assert "the last part of the path" in printed


def test_of_a_flood_of_refused_requests_a_sample_is_kept_and_the_rest_counted(
    bridge: Bridge, client: FlaskClient
) -> None:
    for _ in range(100):
        client.post("/hooks/hub/wrong", data=b"{}")
    bridge.rejections.store_notes()

    answer = client.get("/api/v1/rejected?limit=200", headers=BEARER)

    assert answer.json is not None
    kept = answer.json["rejected"]
    assert len(kept) == _MOST_AT_ONCE
    assert kept[0]["more"] == 100 - _MOST_AT_ONCE


def test_a_redelivery_is_a_delivery_of_its_own(
    installation: Installation, bridge: Bridge, client: FlaskClient
) -> None:
    identifier = add(bridge.store, verdict="no_app")

    by_hand = json.loads(run(installation, "redeliver", identifier, "--json").output)["delivery"]
    by_api = client.post(f"/api/v1/deliveries/{identifier}/redeliver", headers=BEARER)

    with bridge.store.read() as connection:
        api, hand, original = deliveries.latest(connection, limit=9)
    assert by_api.json == {"delivery": api.id}
    assert (hand.id, original.id) == (by_hand, identifier)
    assert (hand.body, hand.verdict) == (PUSH, None)
    assert hand.headers["Longshore-Redelivery-Of"] == identifier


def test_a_rehearsal_says_what_the_verdict_would_be_and_changes_nothing(tmp_path: Path) -> None:
    digest = "sha256:" + "b" * 64
    with tag_registry(latest=digest) as registry:
        installation = Installation(tmp_path, registry=registry.host)
        bridge = Bridge(installation.settings())
        event = {
            "action": "push",
            "target": {
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "repository": "acme/shop",
                "tag": "latest",
                "digest": digest,
            },
        }
        with bridge.store.write() as connection:
            body = json.dumps({"events": [event]}).encode()
            new = NewDelivery("mine", "distribution", "::1", {}, body, time.time())
            identifier = deliveries.add(connection, new)

        said = run(installation, "redeliver", identifier, "--dry-run").output
        answer = (
            create_app(bridge)
            .test_client()
            .post(f"/api/v1/deliveries/{identifier}/redeliver?dry_run=1", headers=BEARER)
        )

        with bridge.store.write() as connection:
            assert len(deliveries.latest(connection, limit=9)) == 1
            assert releases.desired(connection, "shop") is None
        bridge.store.close()
        bridge._lock.release()
    assert said.startswith("would be released: shop:")
    assert answer.json is not None
    assert answer.json["verdict"] == "released"


def test_the_command_that_repeats_it_by_hand_has_placeholders_for_secrets(
    installation: Installation, bridge: Bridge, client: FlaskClient
) -> None:
    client.post(HUB, data=PUSH, content_type="application/json", headers={"X-Token": "c00kie"})
    [identifier] = shown(installation)

    output = run(installation, "delivery", identifier, "--curl").output

    assert SECRET not in output
    assert "c00kie" not in output
    words = shlex.split(output)
    assert f"http://127.0.0.1:{installation.port}/hooks/hub/$SECRET" in words
    assert words[words.index("--data-raw") + 1] == PUSH.decode()
    assert "X-Token: $SECRET" in words


@pytest.mark.parametrize(
    ("scheme", "options"),
    [
        (BearerToken(), "-H 'Authorization: Bearer '\"$SECRET\""),
        (FixedHeader("Authorization"), "-H 'Authorization: '\"$SECRET\""),
        (BasicPassword("a$b"), """-u 'a$b:'"$SECRET\""""),
    ],
)
def test_the_command_shows_the_secret_as_the_hook_wants_it(scheme: Scheme, options: str) -> None:
    headers = {"Authorization": REDACTED, "Content-Type": "a/b"}

    command = curl_command("http://x/hooks/y", headers=headers, body=b"{}", scheme=scheme)

    assert (
        command
        == f"curl -i -X POST http://x/hooks/y {options} -H 'Content-Type: a/b' --data-raw '{{}}'"
    )


def test_a_body_that_cannot_be_printed_is_repeated_in_base64() -> None:
    command = curl_command("http://x/hooks/y", headers={}, body=b"\x1b]8;;\xff", scheme=None)

    assert "\x1b" not in command
    assert command.startswith("echo G104Ozv/ | base64 -d | curl ")
