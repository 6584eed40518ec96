# SPDX-License-Identifier: GPL-3.0-or-later
"""Which mirror and which login is used for a repository."""

from __future__ import annotations

import base64

import pytest

from tests.support.fake_registry import (
    DIGEST,
    FOUND,
    Asked,
    FakeRegistry,
    Says,
    always,
    fake_registry,
    image_of,
    page_of,
)
from webhook_bridge.domain.references import ImageName
from webhook_bridge.registry.client import RegistryAccess, RegistryClient


def with_mirror(registry: FakeRegistry, mirror: str) -> RegistryClient:
    return RegistryClient(
        {
            registry.host: RegistryAccess(registry.host, plain_http=True, mirrors=(mirror,)),
            mirror.partition("/")[0]: RegistryAccess(mirror.partition("/")[0], plain_http=True),
        },
        timeout_s=5,
    )


def test_two_repositories_of_one_registry_are_asked_with_their_own_logins() -> None:
    asked: list[str] = []

    def answer(question: Asked) -> Says:
        asked.append(question.headers.get("Authorization", ""))
        challenge = {"www-authenticate": 'Basic realm="r"', "docker-content-digest": DIGEST}
        return Says(200 if asked[-1] else 401, headers=challenge)

    with fake_registry(answer) as registry:
        access = {
            key: RegistryAccess(registry.host, plain_http=True, username=user, password="word")
            for key, user in {registry.host: "all", f"{registry.host}/acme/shop": "shop"}.items()
        }
        client = RegistryClient(access)
        for repository in ("acme/shop", "acme/blog"):
            client.digest_of(ImageName(registry.host, repository), "1")

    used = [base64.b64decode(each.partition(" ")[2]).decode() for each in asked if each]
    assert used == ["shop:word", "all:word"]


def test_a_mirror_is_asked_first_and_below_its_path() -> None:
    with fake_registry(always(FOUND)) as registry, fake_registry(always(FOUND)) as mirror:
        client = with_mirror(registry, f"{mirror.host}/hub")

        assert client.digest_of(image_of(registry), "latest") == DIGEST
        assert [asked.path for asked in mirror.asked] == ["/v2/hub/acme/shop/manifests/latest"]
        assert registry.asked == []


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_a_mirror_that_does_not_answer_is_passed_over(status: int) -> None:
    with fake_registry(always(FOUND)) as registry, fake_registry(always(Says(status))) as mirror:
        assert with_mirror(registry, mirror.host).digest_of(image_of(registry), "1") == DIGEST


def test_a_mirror_is_not_asked_for_the_list_of_tags() -> None:
    with fake_registry(always(page_of(["1"]))) as registry, fake_registry(always(FOUND)) as mirror:
        assert with_mirror(registry, mirror.host).tags_of(image_of(registry)) == ["1"]
        assert mirror.asked == []
