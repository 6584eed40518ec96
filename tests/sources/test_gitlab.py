# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from tests.support.schemes import signed
from tests.support.sending import codes, payload, received, sender
from webhook_bridge.authentication import verify
from webhook_bridge.sources.pushes import NotAPush, Push

SECRET = b"s" * 43
GITLAB = sender("gitlab", projects={"acme/Shop": ["acme/shop", "acme/shop/worker"]})


def read(status: Any = "success", project: Any = "acme/shop") -> list[Push | NotAPush]:
    body = {
        "object_kind": "pipeline",
        "object_attributes": {"status": status},
        "project": {"path_with_namespace": project},
    }
    return GITLAB.read(received(json.dumps(body).encode()))


@pytest.mark.parametrize("project", ["acme/shop", "Acme/Shop"])
def test_a_pipeline_that_succeeded_is_a_look_at_what_its_project_pushes(project: str) -> None:
    assert read(project=project) == [Push("acme/shop", None), Push("acme/shop/worker", None)]


@pytest.mark.parametrize("status", ["running", "failed", "pending", "canceled", None, 5, {}])
def test_a_pipeline_that_has_not_succeeded_is_not_a_push(status: object) -> None:
    assert codes(read(status)) == ["not_a_push"]


def test_a_pipeline_whose_last_jobs_wait_for_a_person_may_have_pushed() -> None:
    assert read("manual") == [Push("acme/shop", None), Push("acme/shop/worker", None)]


@pytest.mark.parametrize("project", ["acme/other", "{{ x }}", ""])
def test_a_project_that_the_hook_does_not_name_is_told(project: str) -> None:
    [claim] = read(project=project)

    assert isinstance(claim, NotAPush)
    assert (claim.code, "projects." in claim.detail) == ("not_configured", True)


@pytest.mark.parametrize("kind", ["build", "push", "tag_push", "deployment"])
def test_other_events_are_not_a_push(kind: str) -> None:
    body = json.dumps({"object_kind": kind}).encode()

    assert codes(GITLAB.read(received(body))) == ["not_a_push"]


def test_the_notifications_of_gitlabs_registry_are_read_too() -> None:
    [claim] = GITLAB.read(payload("distribution-push-3.json"))

    assert isinstance(claim, Push)
    assert (claim.repository, claim.tag) == ("shinebayar-g/a", "0.01")


def test_the_secret_token_proves_a_request() -> None:
    headers = {"X-Gitlab-Token": SECRET.decode()}

    assert verify(GITLAB.scheme, received(headers=headers), [SECRET])


def test_the_signing_token_proves_a_request_and_the_other_does_not() -> None:
    signing = sender("gitlab", auth="signature")
    body = b'{"object_kind": "push"}'

    assert verify(signing.scheme, received(body, signed(SECRET, body=body)), [SECRET])
    headers = {"X-Gitlab-Token": SECRET.decode()}
    assert not verify(signing.scheme, received(body, headers), [SECRET])


def test_a_repeated_delivery_has_the_same_id() -> None:
    assert GITLAB.delivery_id(received(headers={"Idempotency-Key": "a"})) == "a"
    assert GITLAB.delivery_id(received(headers={"webhook-id": "b"})) == "b"


@pytest.mark.parametrize("repository", ["registry.gitlab.com/acme/shop:1", "Acme", "", "--x"])
def test_what_a_project_pushes_has_to_be_a_repository(repository: str) -> None:
    with pytest.raises(ValidationError, match="is not a repository"):
        sender("gitlab", projects={"acme/shop": [repository]})
