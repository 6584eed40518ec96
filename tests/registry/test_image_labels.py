# SPDX-License-Identifier: GPL-3.0-or-later
"""The labels of an image, from its configuration at the registry."""

from __future__ import annotations

import pytest

from tests.support.fake_registry import (
    DIGEST,
    FOUND,
    always,
    client_of,
    fake_registry,
    image_of,
)
from tests.support.labelled_image import LabelledImage
from webhook_bridge.domain.image_labels import ImageLabels
from webhook_bridge.domain.references import ImageName, InvalidReference
from webhook_bridge.registry.client import RegistryAccess, RegistryClient, RegistryError, TagGone
from webhook_bridge.registry.conversation import MAX_DOCUMENT

VERSION = {"org.opencontainers.image.version": "1.4.2"}


@pytest.mark.parametrize("asked_for", ["digest", "manifest"])
def test_labels_of_an_index_are_those_of_its_first_platform(asked_for: str) -> None:
    image = LabelledImage(VERSION)
    with fake_registry(image.answer) as registry:
        found = client_of(registry).labels_of(image_of(registry), getattr(image, asked_for))

        assert found == ImageLabels("1.4.2")
        assert registry.methods() == ["GET"] * (3 if asked_for == "digest" else 2)


@pytest.mark.parametrize("labels", [None, {}])
def test_an_image_without_labels_says_nothing(labels: dict[str, object] | None) -> None:
    image = LabelledImage(labels)
    with fake_registry(image.answer) as registry:
        assert client_of(registry).labels_of(image_of(registry), image.digest) == ImageLabels()


def test_what_is_no_image_has_no_labels() -> None:
    with fake_registry(always(FOUND)) as registry:
        assert client_of(registry).labels_of(image_of(registry), DIGEST) == ImageLabels()
        assert len(registry.asked) == 1


@pytest.mark.parametrize("part", ["digest", "manifest", "config"])
def test_a_registry_that_changes_a_part_is_not_believed(part: str) -> None:
    image = LabelledImage(VERSION)
    kind = "blobs" if part == "config" else "manifests"
    path = f"{kind}/{getattr(image, part)}"
    image.contents[path] = image.contents[path].replace(b"linux", b"linuX") + b" "
    with fake_registry(image.answer) as registry, pytest.raises(RegistryError, match="is answered"):
        client_of(registry).labels_of(image_of(registry), image.digest)


def test_a_configuration_is_read_up_to_its_bound() -> None:
    image = LabelledImage(VERSION | {"x": "y" * MAX_DOCUMENT})
    with fake_registry(image.answer) as registry, pytest.raises(RegistryError, match="more than"):
        client_of(registry).labels_of(image_of(registry), image.digest)


def test_an_image_that_is_gone_is_told() -> None:
    with fake_registry(LabelledImage(VERSION).answer) as registry, pytest.raises(TagGone):
        client_of(registry).labels_of(image_of(registry), f"sha256:{'0' * 64}")


def test_only_a_digest_is_asked_for() -> None:
    with fake_registry(always(FOUND)) as registry:
        with pytest.raises(InvalidReference):
            client_of(registry).labels_of(image_of(registry), "latest")

        assert registry.asked == []


def test_a_mirror_spares_the_registry_the_question() -> None:
    image = LabelledImage(VERSION)
    with fake_registry(image.answer) as mirror:
        access = {
            "docker.io": RegistryAccess("docker.io", mirrors=(mirror.host,)),
            mirror.host: RegistryAccess(mirror.host, plain_http=True),
        }
        found = RegistryClient(access).labels_of(ImageName("docker.io", "acme/shop"), image.digest)

        assert found == ImageLabels("1.4.2")
