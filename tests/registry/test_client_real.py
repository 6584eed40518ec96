# SPDX-License-Identifier: GPL-3.0-or-later
"""The client against the registry that users run."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.real_registry import PASSWORD, USER, RealRegistry, real_registry
from webhook_bridge.domain.references import ImageName
from webhook_bridge.registry.client import RegistryAccess, RegistryClient, RegistryDenied, TagGone

NOWHERE = "sha256:" + "0" * 64


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRegistry]:
    folder: Path = tmp_path_factory.mktemp("registry")
    with real_registry(folder) as running:
        yield running


def client_of(registry: RealRegistry, password: str | None = PASSWORD) -> RegistryClient:
    access = RegistryAccess(
        registry.host,
        plain_http=True,
        username=None if password is None else USER,
        password=password,
    )
    return RegistryClient({registry.host: access})


def test_a_tag_means_the_digest_of_its_manifest(registry: RealRegistry) -> None:
    pushed = registry.push_image("one/manifest", "1", platform="linux/amd64")

    found = client_of(registry).digest_of(ImageName(registry.host, "one/manifest"), "1")

    assert found == pushed["digest"]


def test_a_tag_of_several_platforms_means_the_digest_of_the_index(registry: RealRegistry) -> None:
    children = [
        registry.push_image("an/index", None, platform=platform)
        for platform in ("linux/amd64", "linux/arm64/v8", "linux/arm/v7")
    ]
    index = registry.push_index("an/index", "1", children)
    image, client = ImageName(registry.host, "an/index"), client_of(registry)

    assert client.digest_of(image, "1") == index
    assert client.contents_of(image, index).platforms == (
        "linux/amd64",
        "linux/arm64",
        "linux/arm/v7",
    )


def test_the_size_of_an_index_is_that_of_its_first_platform(registry: RealRegistry) -> None:
    child = registry.push_image("sized", None, platform="linux/amd64")
    index = registry.push_index("sized", "1", [child])
    image, client = ImageName(registry.host, "sized"), client_of(registry)

    size = client.contents_of(image, child["digest"]).size

    assert size is not None
    assert client.contents_of(image, index).size == size


def test_a_moved_tag_means_the_new_digest(registry: RealRegistry) -> None:
    image, client = ImageName(registry.host, "moved"), client_of(registry)
    registry.push_image("moved", "1", platform="linux/amd64")
    before = client.digest_of(image, "1")

    registry.push_image("moved", "1", platform="linux/arm64")

    assert client.digest_of(image, "1") != before


def test_a_single_manifest_has_the_platform_of_its_configuration(registry: RealRegistry) -> None:
    pushed = registry.push_image("one/platform", "1", platform="linux/s390x")
    image = ImageName(registry.host, "one/platform")

    assert client_of(registry).contents_of(image, pushed["digest"]).platforms == ("linux/s390x",)


def test_attestations_of_an_index_are_no_platform(registry: RealRegistry) -> None:
    child = registry.push_image("attested", None, platform="linux/amd64")
    attestation = registry.push_image("attested", None, platform="unknown/unknown")
    index = registry.push_index("attested", "1", [child, attestation])
    image = ImageName(registry.host, "attested")

    assert client_of(registry).contents_of(image, index).platforms == ("linux/amd64",)


def test_a_manifest_exists_or_does_not(registry: RealRegistry) -> None:
    pushed = registry.push_image("exists", "1", platform="linux/amd64")
    image, client = ImageName(registry.host, "exists"), client_of(registry)

    assert client.exists(image, pushed["digest"])
    assert not client.exists(image, NOWHERE)
    assert not client.exists(ImageName(registry.host, "no/such"), pushed["digest"])


def test_a_tag_that_is_not_there_is_gone(registry: RealRegistry) -> None:
    registry.push_image("tags", "1", platform="linux/amd64")

    with pytest.raises(TagGone, match=f"{registry.host}/tags:2 is not at the registry"):
        client_of(registry).digest_of(ImageName(registry.host, "tags"), "2")
    with pytest.raises(TagGone):
        client_of(registry).contents_of(ImageName(registry.host, "tags"), NOWHERE)


def test_all_tags_of_a_repository_are_listed(registry: RealRegistry) -> None:
    tags = [f"1.{number}.0" for number in range(12)]
    for tag in tags:
        registry.push_image("listed", tag, platform="linux/amd64")
    client = client_of(registry)

    assert sorted(client.tags_of(ImageName(registry.host, "listed"))) == sorted(tags)
    assert client.tags_of(ImageName(registry.host, "not/there")) == []


def test_a_tag_that_still_means_the_known_digest_means_it(registry: RealRegistry) -> None:
    pushed = registry.push_image("known", "1", platform="linux/amd64")["digest"]
    image, client = ImageName(registry.host, "known"), client_of(registry)

    assert client.digest_of(image, "1", known=pushed) == pushed
    assert client.digest_of(image, "1", known=NOWHERE) == pushed


@pytest.mark.parametrize(
    ("password", "advice"), [("wrong", "check that user 'puller'"), (None, "set username")]
)
def test_a_wrong_or_missing_password_is_denied(
    registry: RealRegistry, password: str | None, advice: str
) -> None:
    with pytest.raises(RegistryDenied, match=advice) as denied:
        client_of(registry, password).digest_of(ImageName(registry.host, "private"), "1")

    assert "wrong" not in str(denied.value)


def test_threads_share_a_client(registry: RealRegistry) -> None:
    pushed = registry.push_image("threads", "1", platform="linux/amd64")
    image, client = ImageName(registry.host, "threads"), client_of(registry)

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: client.digest_of(image, "1"), range(40)))

    assert found == {pushed["digest"]}
