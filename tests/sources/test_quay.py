# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.sending import codes, received, sender
from webhook_bridge.sources.pushes import NotAPush, Push

QUAY = sender("quay")


def read(**body: Any) -> list[Push | NotAPush]:
    return QUAY.read(received(json.dumps({"repository": "acme/shop"} | body).encode()))


@pytest.mark.parametrize("tags", [["1", "2", "1"], {"1": "id", "2": "id"}])
def test_each_tag_is_a_push(tags: object) -> None:
    assert read(updated_tags=tags) == [Push("acme/shop", "1"), Push("acme/shop", "2")]


def test_namespace_and_name_stand_in_for_the_repository() -> None:
    claims = read(repository=None, namespace="acme", name="web", updated_tags=["1"])

    assert claims == [Push("acme/web", "1")]


@pytest.mark.parametrize("tags", [None, []])
def test_a_build_a_scan_or_a_mirror_is_not_a_push(tags: object) -> None:
    assert codes(read(build_id="x", docker_tags=["1"], updated_tags=tags)) == ["not_a_push"]


def test_a_tag_of_a_strange_kind_does_not_hide_the_others() -> None:
    claims = read(updated_tags=["1", 5, "--x", None])

    assert codes(claims) == ["push", "invalid_reference", "invalid_reference", "untagged"]


def test_quay_is_never_refused_what_came_to_the_secret_address() -> None:
    assert QUAY.always_accepts
