# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from tests.support.fake_registry import FakeRegistry, Says, fake_registry
from tests.support.labelled_image import LabelledImage
from tests.support.waiting import wait_for
from webhook_bridge.domain.image_labels import ImageLabels
from webhook_bridge.domain.releases import NewRelease, Release
from webhook_bridge.intake.image_labels import ImageLabelReader
from webhook_bridge.registry.client import RegistryAccess, RegistryClient
from webhook_bridge.store import Store, image_labels, releases

NOW = 1_000_000.0
IMAGE = LabelledImage({"org.opencontainers.image.version": "1.4.2"})


def release(store: Store, *, registry: str, digest: str = IMAGE.digest) -> Release:
    with store.write() as connection:
        new = NewRelease("shop", f"{registry}/acme/shop", "latest", digest, "deploy", "me")
        return releases.desire(connection, new, now=NOW)


def stored(store: Store, one: Release) -> Release:
    with store.read() as connection:
        return releases.find(connection, one.id)


def reader_of(store: Store, *registries: FakeRegistry) -> ImageLabelReader:
    access = {one.host: RegistryAccess(one.host, plain_http=True) for one in registries}
    return ImageLabelReader(store, RegistryClient(access, timeout_s=5), every=0.01)


def test_the_labels_of_a_release_are_read_once(store: Store) -> None:
    with fake_registry(IMAGE.answer) as registry:
        first, second = (release(store, registry=registry.host) for _ in range(2))
        reader = reader_of(store, registry)

        reader.read_what_is_due(now=NOW)
        reader.read_what_is_due(now=NOW + 1e6)

        assert stored(store, first).labels == stored(store, second).labels == ImageLabels("1.4.2")
        assert len(registry.asked) == 3


def test_an_image_without_labels_is_not_asked_for_again(store: Store) -> None:
    plain = LabelledImage(None)
    with fake_registry(plain.answer) as registry:
        one = release(store, registry=registry.host, digest=plain.digest)
        reader = reader_of(store, registry)

        reader.read_what_is_due(now=NOW)
        reader.read_what_is_due(now=NOW + 1e6)

        assert stored(store, one).labels == ImageLabels()
        assert stored(store, one).version == "latest"
        assert len(registry.asked) == 3


def test_a_registry_that_does_not_say_is_asked_again_later(store: Store) -> None:
    answers = [Says(503)]
    with fake_registry(lambda asked: answers.pop() if answers else IMAGE.answer(asked)) as registry:
        one = release(store, registry=registry.host)
        reader = reader_of(store, registry)

        reader.read_what_is_due(now=NOW)
        reader.read_what_is_due(now=NOW + 29)
        unknown = stored(store, one)
        asked = len(registry.asked)
        reader.read_what_is_due(now=NOW + 31)

        assert (unknown.labels, unknown.version, asked) == (None, "latest", 1)
        assert stored(store, one).version == "1.4.2"


def test_pauses_grow_and_stay_bounded(store: Store) -> None:
    with fake_registry(lambda _asked: Says(404)) as registry:
        release(store, registry=registry.host)
        reader, now = reader_of(store, registry), NOW
        for _ in range(20):
            reader.read_what_is_due(now=now)
            now += 6 * 3600

    with store.read() as connection:
        assert image_labels.unread(connection, now=now - 1, limit=9) == []
        [one] = image_labels.unread(connection, now=now + 6 * 3600, limit=9)
    assert one.attempts == 20


def test_a_registry_that_is_away_keeps_no_other_from_being_asked(store: Store) -> None:
    with fake_registry(IMAGE.answer) as registry, fake_registry(lambda _asked: Says(503)) as away:
        good = release(store, registry=registry.host)
        for digit in "123":
            release(store, registry=away.host, digest=f"sha256:{digit * 64}")

        reader_of(store, registry, away).read_what_is_due(now=NOW)

        assert stored(store, good).version == "1.4.2"
        assert len(away.asked) == 1


def test_an_image_that_cannot_be_named_is_put_off(store: Store) -> None:
    one = release(store, registry="NOT a registry")

    reader_of(store).read_what_is_due(now=NOW)

    assert stored(store, one).labels is None
    with store.read() as connection:
        assert image_labels.unread(connection, now=NOW, limit=9) == []


def test_the_thread_reads_by_itself_until_it_is_stopped(store: Store) -> None:
    with fake_registry(IMAGE.answer) as registry:
        one = release(store, registry=registry.host)
        reader = reader_of(store, registry)
        reader.start()
        try:
            wait_for(lambda: stored(store, one).version == "1.4.2", "the version of the release")
        finally:
            reader.stop(within=10)
