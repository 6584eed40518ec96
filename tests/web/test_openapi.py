# SPDX-License-Identifier: GPL-3.0-or-later
"""The OpenAPI document: valid, of all routes and of nothing else, and true of what is answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.support.page_seed import Seed, seed
from webhook_bridge.domain.events import NewEvent
from webhook_bridge.operations import tokens
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import events
from webhook_bridge.web import create_app

PATH_KEYS = {"name": "app", "start_of_id": "id", "digest": "digest"}


@pytest.fixture
def document(api: FlaskClient) -> dict[str, Any]:
    found = api.get("/api/v1/openapi.json").json
    assert found is not None
    return found


@pytest.fixture
def seeded(bridge: Bridge) -> Seed:
    return seed(bridge)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, one in item.items():
            yield method, path, one


def test_the_document_is_openapi(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()

    assert document["openapi"].startswith("3.1.")


def test_the_document_has_every_route_of_the_api_and_no_other(
    bridge: Bridge, document: dict[str, Any]
) -> None:
    registered = set()
    for rule in create_app(bridge).url_map.iter_rules():
        path = rule.rule
        for key, name in PATH_KEYS.items():
            path = path.replace(f"<{key}>", f"{{{name}}}")
        if path.startswith("/api/"):
            registered |= {(one.lower(), path) for one in rule.methods - {"HEAD", "OPTIONS"}}

    assert {(method, path) for method, path, _ in operations(document)} == registered


def test_every_operation_is_named_described_and_secured(document: dict[str, Any]) -> None:
    found = list(operations(document))

    assert len({one["operationId"] for _, _, one in found}) == len(found)
    for _, path, one in found:
        assert one["summary"], path
        assert len(one["summary"]) < 80, path
        assert {"400", "401", "403"} <= set(one["responses"]), path
    assert document["security"] == [{"apiToken": []}]
    assert set(document["components"]["securitySchemes"]) == {"apiToken", "hookSecret", "session"}


def check(document: dict[str, Any], where: list[str], value: Any) -> None:
    """Hold a value against the schema at a place of the document."""
    schema: Any = document
    for part in where:
        schema = schema[int(part)] if isinstance(schema, list) else schema[part]
    # What it refers to is found in the same root.
    whole = {**schema, "components": document["components"]}
    checking = Draft202012Validator(whole, format_checker=FormatChecker())
    errors = [f"{one.json_path}: {one.message}" for one in checking.iter_errors(value)]
    assert errors == [], where


def test_every_example_is_what_its_schema_says(document: dict[str, Any]) -> None:
    seen = 0
    for method, path, one in operations(document):
        where = ["paths", path, method]
        for number, parameter in enumerate(one["parameters"]):
            if "example" in parameter:
                place = [*where, "parameters", str(number), "schema"]
                check(document, place, parameter["example"])
                seen += 1
        sent = one.get("requestBody", {}).get("content", {}).get("application/json", {})
        for example in sent.get("examples", {}).values():
            place = [*where, "requestBody", "content", "application/json", "schema"]
            check(document, place, example["value"])
            seen += 1
        for status, answer in one["responses"].items():
            for media, content in answer.get("content", {}).items():
                place = [*where, "responses", status, "content", media, "schema"]
                check(document, place, content["example"])
                seen += 1
    for name, answer in document["components"]["responses"].items():
        place = ["components", "responses", name, "content", "application/json", "schema"]
        check(document, place, answer["content"]["application/json"]["example"])
    assert seen > 40


def ask(api: FlaskClient, document: dict[str, Any], request: str, **sent: Any) -> Any:
    """Send a request, and hold its answer against the document; return it."""
    method, path, url = request.split(" ")
    answer = api.open(f"/api/v1{url}", method=method, buffered=True, **sent)
    where = ["paths", f"/api/v1{path}", method.lower(), "responses", str(answer.status_code)]
    described = document["paths"][where[1]][where[2]]["responses"]
    assert str(answer.status_code) in described, answer.text
    told = described[str(answer.status_code)]
    if "$ref" in told:
        where = told["$ref"].removeprefix("#/").split("/")
        told = document["components"]["responses"][where[-1]]
    assert answer.mimetype in told["content"], answer.mimetype
    value = answer.json if answer.mimetype == "application/json" else answer.text
    check(document, [*where, "content", answer.mimetype, "schema"], value)
    return answer


def test_what_is_answered_is_what_the_document_says(
    api: FlaskClient, bridge: Bridge, document: dict[str, Any], seeded: Seed
) -> None:
    run, delivery = seeded.failed_run, seeded.delivery
    asked = [
        "GET /apps /apps",
        "GET /apps/{app} /apps/shop",
        "GET /apps/{app} /apps/none",
        "GET /apps/{app}/tags /apps/shop/tags",
        "GET /apps/{app}/plan /apps/shop/plan",
        "GET /apps/{app}/plan /apps/shop/plan?same=1",
        "GET /apps/{app}/releases /apps/shop/releases?limit=1",
        "GET /inventory /inventory",
        "GET /runs /runs?limit=1",
        "GET /runs /runs?limit=x",
        "GET /runs/{id} /runs/" + run,
        "GET /runs/{id} /runs/" + seeded.active_run,
        "GET /runs/{id}/log /runs/" + run + "/log",
        "GET /deliveries /deliveries?limit=3",
        "GET /deliveries/{id} /deliveries/" + delivery,
        "GET /rejected /rejected",
        "GET /events /events",
        "GET /openapi.json /openapi.json",
        "POST /apps/{app}/deploy /apps/shop/deploy",
        "POST /apps/{app}/rollback /apps/shop/rollback",
        "POST /apps/{app}/reconcile /apps/shop/reconcile",
        "POST /apps/{app}/inventory/confirm /apps/shop/inventory/confirm",
        "POST /apps/{app}/holds /apps/shop/holds",
        "DELETE /apps/{app}/holds/{digest} /apps/shop/holds/ffff",
        "POST /runs/{id}/cancel /runs/" + seeded.active_run + "/cancel",
        "POST /runs/{id}/cancel /runs/" + run + "/cancel",
        "POST /deliveries/{id}/redeliver /deliveries/" + delivery + "/redeliver",
        "POST /deliveries/{id}/redeliver /deliveries/" + delivery + "/redeliver?dry_run=1",
    ]
    statuses = {one: ask(api, document, one).status_code for one in asked}

    named = {(one.split()[0].lower(), f"/api/v1{one.split()[1]}") for one in asked}
    assert {(method, path) for method, path, _ in operations(document)} == named
    assert sum(200 <= one < 300 for one in statuses.values()) >= 20, statuses


def test_a_part_of_a_log_and_none_are_described(
    api: FlaskClient, document: dict[str, Any], run_id: str
) -> None:
    request = f"GET /runs/{{id}}/log /runs/{run_id}/log"

    part = ask(api, document, request, headers={"Range": "bytes=0-3"})
    beyond = ask(api, document, request, headers={"Range": "bytes=999-"})

    assert (part.status_code, beyond.status_code) == (206, 416)


def test_who_has_no_token_reads_no_document(bridge: Bridge) -> None:
    assert create_app(bridge).test_client().get("/api/v1/openapi.json").status_code == 401


def test_the_document_names_the_address_by_which_it_was_asked(api: FlaskClient) -> None:
    found = api.get("/api/v1/openapi.json").json

    assert found is not None
    assert found["servers"] == [{"url": "http://localhost"}]


def test_half_a_character_in_a_host_s_log_breaks_no_answer(
    api: FlaskClient, bridge: Bridge, run_id: str
) -> None:
    with bridge.store.write() as connection:
        connection.exec_driver_sql("UPDATE outcome SET log = ?", (json.dumps(["a\udc80"]),))

    answer = api.get(f"/api/v1/runs/{run_id}")

    assert answer.json is not None
    assert answer.json["outcomes"][0]["log"] == ["a\\udc80"]


def test_a_token_for_one_app_reads_the_document(bridge: Bridge, client: FlaskClient) -> None:
    made = {"scope": "read", "apps": ("shop",), "good_for": 60.0, "owner": None, "actor": "cli:me"}
    secret, _ = tokens.create_token(bridge.store, "ci", **made)

    answer = client.get("/api/v1/openapi.json", headers={"Authorization": f"Bearer {secret}"})

    assert answer.status_code == 200


def test_a_word_that_an_older_version_stored_takes_no_list_with_it(
    api: FlaskClient, bridge: Bridge, run_id: str
) -> None:
    with bridge.store.write() as connection:
        events.record(connection, NewEvent("run.ended", "bridge", 2.0, "shop"))
        for change in (
            "UPDATE event SET kind = 'run.over'",
            "UPDATE run SET kind = 'redo'",
            "UPDATE release SET state = 'past'",
        ):
            connection.exec_driver_sql(change)

    answers = [api.get(f"/api/v1/{one}") for one in ("events", "runs", "apps/shop/releases")]

    assert [one.status_code for one in answers] == [200, 200, 200]
    assert "run.over" in answers[0].text
