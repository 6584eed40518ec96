# SPDX-License-Identifier: GPL-3.0-or-later
"""Signatures in a registry that users run, and an app that demands them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.cosign import BUNDLE, Signer, artifact, simple_layer
from tests.support.fake_registry import Asked, Says, client_of, fake_registry, image_of
from tests.support.installation import Installation
from tests.support.real_registry import INDEX, MANIFEST, PASSWORD, USER, RealRegistry, real_registry
from tests.support.real_registry import digest_of as digest_of_bytes
from tests.support.waiting import wait_for
from webhook_bridge.config.apps_reloader import AppsFile
from webhook_bridge.domain.deliveries import Delivery, NewDelivery
from webhook_bridge.domain.references import ImageName
from webhook_bridge.errors import Refused
from webhook_bridge.intake.decisions import Waits
from webhook_bridge.operations import deploy
from webhook_bridge.registry.client import RegistryAccess, RegistryClient
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.signatures.check import SignatureCheck
from webhook_bridge.signatures.checking import check_signature
from webhook_bridge.signatures.keys import CosignKeys
from webhook_bridge.store import Store, deliveries, releases

SIGNER, STRANGER = Signer(), Signer()
KEYS = CosignKeys(Path("cosign.pub"), (SIGNER.key.public_key(),))


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRegistry]:
    with real_registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


def push_image(registry: RealRegistry, repository: str, platform: str = "linux/amd64") -> str:
    return str(registry.push_image(repository, "latest", platform=platform)["digest"])


def push_classic(
    registry: RealRegistry, repository: str, digest: str, *signed: tuple[bytes, str]
) -> None:
    layers = [simple_layer(registry.push_blob(repository, one), text) for one, text in signed]
    config = registry.push_blob(repository, b"{}") | {"mediaType": "application/json"}
    tag = digest.replace(":", "-") + ".sig"
    registry.push_manifest(repository, tag, artifact(layers, config), MANIFEST)


def push_bundles(
    registry: RealRegistry,
    repository: str,
    digest: str,
    *bundles: bytes,
    subject: str | None = None,
) -> None:
    """Push them as cosign 3 does where the registry has no referrers API."""
    config = registry.push_blob(repository, b"{}") | {"mediaType": "application/json"}
    found = []
    for bundle in bundles:
        layer = registry.push_blob(repository, bundle) | {"mediaType": BUNDLE}
        refers_to = {"mediaType": MANIFEST, "digest": subject or digest, "size": 1}
        manifest = artifact([layer], config, artifactType=BUNDLE, subject=refers_to)
        name = registry.push_manifest(repository, digest_of_bytes(manifest), manifest, MANIFEST)
        found.append(
            {"mediaType": MANIFEST, "digest": name, "size": len(manifest), "artifactType": BUNDLE}
        )
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": found}
    tag = digest.replace(":", "-")
    registry.push_manifest(repository, tag, json.dumps(index).encode(), INDEX)


def client(registry: RealRegistry) -> RegistryClient:
    access = RegistryAccess(registry.host, plain_http=True, username=USER, password=PASSWORD)
    return RegistryClient({registry.host: access})


def check(registry: RealRegistry, repository: str, digest: str) -> SignatureCheck:
    return check_signature(client(registry), ImageName(registry.host, repository), digest, KEYS)


def test_an_image_without_a_signature_is_not_signed(registry: RealRegistry) -> None:
    digest = push_image(registry, "none")

    assert check(registry, "none", digest) == SignatureCheck(
        good=False, reason="no signature is there"
    )


def test_a_classic_signature_is_found_among_others(registry: RealRegistry) -> None:
    digest = push_image(registry, "classic")
    push_classic(registry, "classic", digest, STRANGER.simple(digest), SIGNER.simple(digest))

    assert check(registry, "classic", digest).good


def test_a_bundle_is_found_by_the_fallback_tag_among_others(registry: RealRegistry) -> None:
    digest = push_image(registry, "bundle")
    push_bundles(registry, "bundle", digest, STRANGER.bundle(digest), SIGNER.bundle(digest))

    assert check(registry, "bundle", digest).good


def test_a_bad_classic_signature_does_not_hide_a_good_bundle(registry: RealRegistry) -> None:
    digest = push_image(registry, "both")
    push_classic(registry, "both", digest, STRANGER.simple(digest))
    push_bundles(registry, "both", digest, SIGNER.bundle(digest))

    assert check(registry, "both", digest).good


def test_signatures_by_another_key_or_of_another_image_are_none(registry: RealRegistry) -> None:
    digest, other = push_image(registry, "bad"), push_image(registry, "bad", "linux/arm64")
    push_classic(registry, "bad", digest, STRANGER.simple(digest), SIGNER.simple(other))
    push_bundles(registry, "bad", digest, STRANGER.bundle(digest))

    found = check(registry, "bad", digest)

    assert not found.good
    assert found.reason == "one signature is by another key, one signature is of another image"


def test_a_bundle_that_refers_to_another_image_is_none(registry: RealRegistry) -> None:
    digest, other = push_image(registry, "refers"), push_image(registry, "refers", "linux/arm64")
    push_bundles(registry, "refers", digest, SIGNER.bundle(digest), subject=other)

    assert check(registry, "refers", digest).reason == "one signature does not refer to the image"


def test_more_than_fifty_signatures_are_not_looked_at(registry: RealRegistry) -> None:
    digest = push_image(registry, "many")
    push_classic(registry, "many", digest, *[SIGNER.simple(digest)] * 51)

    found = check(registry, "many", digest)

    assert not found.good
    assert "among more than 50" in found.reason


def test_a_payload_of_more_than_a_megabyte_is_not_read(registry: RealRegistry) -> None:
    digest = push_image(registry, "huge")
    payload = SIGNER.simple(digest)[0] + b" " * 1024 * 1024
    signed = SIGNER.sign(payload)
    push_classic(registry, "huge", digest, (payload, signed.hex()))

    assert "more than 1048576 bytes" in check(registry, "huge", digest).reason


def answering(documents: dict[str, bytes], *, otherwise: int = 404) -> Any:
    def answer(asked: Asked) -> Says:
        body = documents.get(asked.path.rpartition("/acme/shop/")[2])
        return Says(otherwise) if body is None else Says(200, {}, body)

    return answer


def referrers_of(digest: str, bundle: bytes) -> dict[str, bytes]:
    layer = {"mediaType": BUNDLE, "digest": digest_of_bytes(bundle), "size": len(bundle)}
    manifest = artifact([layer], {}, artifactType=BUNDLE, subject={"digest": digest})
    name = digest_of_bytes(manifest)
    index = {"schemaVersion": 2, "manifests": [{"digest": name, "artifactType": BUNDLE}]}
    return {
        f"referrers/{digest}": json.dumps(index).encode(),
        f"manifests/{name}": manifest,
        f"blobs/{layer['digest']}": bundle,
    }


def test_a_bundle_is_found_by_the_referrers_api() -> None:
    digest = "sha256:" + "a" * 64
    with fake_registry(answering(referrers_of(digest, SIGNER.bundle(digest)))) as registry:
        assert check_signature(client_of(registry), image_of(registry), digest, KEYS).good


def test_content_that_is_another_than_its_digest_is_none() -> None:
    digest = "sha256:" + "a" * 64
    documents = referrers_of(digest, STRANGER.bundle(digest))
    blob = next(path for path in documents if path.startswith("blobs/"))
    documents[blob] = SIGNER.bundle(digest)

    with fake_registry(answering(documents)) as registry:
        assert not check_signature(client_of(registry), image_of(registry), digest, KEYS).good


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_registry_that_does_not_answer_is_a_no_for_now(status: int) -> None:
    digest = "sha256:" + "a" * 64
    with fake_registry(answering({}, otherwise=status)) as registry:
        found = check_signature(client_of(registry), image_of(registry), digest, KEYS)

    assert (found.good, found.retryable) == (False, True)


@pytest.mark.parametrize("page", [b"", b"[]", b"<html>", b"{}", b'{"manifests": 1}'])
def test_a_page_that_is_no_list_of_referrers_is_a_no(page: bytes) -> None:
    digest = "sha256:" + "a" * 64
    with fake_registry(answering({f"referrers/{digest}": page})) as registry:
        assert not check_signature(client_of(registry), image_of(registry), digest, KEYS).good


def test_a_fault_of_ours_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("webhook_bridge.signatures.checking.signatures_of", broken)
    found = check_signature(RegistryClient({}), ImageName("r.invalid", "a"), "sha256:x", KEYS)

    assert (found.good, found.reason) == (False, "internal error (ZeroDivisionError)")


class Demanding:
    """A bridge whose one app wants images signed, at a real registry."""

    def __init__(self, folder: Path, registry: RealRegistry, *, wait: str) -> None:
        folder.mkdir()
        self.installation = Installation(folder, registry=registry.host)
        password = folder / "password"
        password.touch(mode=0o600)
        password.write_text(PASSWORD)
        access = f'plain_http = true\nusername = "{USER}"\npassword_file = "password"'
        text = self.installation.file.read_text().replace("plain_http = true", access)
        self.installation.file.write_text(f'{text}\n[poll]\nevery = "off"\n')
        SIGNER.write_public(self.installation.apps_file.parent / "cosign.pub")
        self.installation.write_app("shop", signature={"cosign_key": "cosign.pub", "wait": wait})
        self.installation.write_inventory()
        waits = Waits(race=(0.05,) * 4, signature=0.1)
        self.bridge = Bridge(self.installation.settings(), waits=waits)

    @property
    def store(self) -> Store:
        return self.bridge.store

    def push(self, **target: object) -> str:
        event = {"action": "push", "target": {"mediaType": MANIFEST, "repository": "acme/shop"}}
        event["target"] |= target  # type: ignore[operator]  # JSON
        body = json.dumps({"events": [event]}).encode()
        return self.bridge.accept(
            NewDelivery("mine", "distribution", "127.0.0.1", {}, body, time.time())
        )

    def find(self, identifier: str) -> Delivery:
        with self.store.read() as connection:
            return deliveries.find(connection, identifier)[0]

    def verdict(self, identifier: str) -> Delivery:
        wait_for(lambda: self.find(identifier).verdict, f"the verdict of {identifier}")
        return self.find(identifier)

    def digests(self) -> list[str]:
        with self.store.read() as connection:
            return [one.digest for one in releases.latest(connection, "shop", limit=9)]


@pytest.fixture
def demanding(
    tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[tuple[Demanding, RealRegistry]]:
    (tmp_path / "registry").mkdir()
    with real_registry(tmp_path / "registry") as registry:
        made = Demanding(tmp_path / "longshore", registry, wait=getattr(request, "param", "10m"))
        made.bridge.start()
        yield made, registry
        made.bridge.dispatcher.end_runs()
        made.bridge.stop()


def test_a_signature_that_arrives_after_its_image_is_waited_for(
    demanding: tuple[Demanding, RealRegistry],
) -> None:
    shop, registry = demanding
    digest = push_image(registry, "acme/shop")
    identifier = shop.push(tag="latest", digest=digest)
    wait_for(lambda: shop.find(identifier).attempts, "it waits for a signature")
    assert "one that comes late is waited for" in str(shop.find(identifier).detail)

    push_classic(registry, "acme/shop", digest, SIGNER.simple(digest))

    assert shop.verdict(identifier).verdict == "released"
    assert shop.digests() == [digest]


@pytest.mark.parametrize("demanding", ["0.1s"], indirect=True)
def test_an_unsigned_image_is_blocked_until_its_signature_is_pushed(
    demanding: tuple[Demanding, RealRegistry],
) -> None:
    shop, registry = demanding
    digest = push_image(registry, "acme/shop")
    push_classic(registry, "acme/shop", digest, STRANGER.simple(digest))
    blocked = shop.verdict(shop.push(tag="latest", digest=digest))
    assert (blocked.verdict, shop.digests()) == ("unsigned", [])
    assert "one signature is by another key; sign it with the key of" in str(blocked.detail)
    apps = AppsFile(shop.installation.apps_file).current()
    with pytest.raises(Refused, match="has no good signature") as refused:
        deploy.deploy(shop.store, shop.bridge.registry, apps, name="shop", actor="somebody")
    assert refused.value.code == "unsigned"

    push_bundles(registry, "acme/shop", digest, SIGNER.bundle(digest))
    signed = shop.verdict(shop.push(tag=digest.replace(":", "-")))

    assert (signed.verdict, shop.digests()) == ("released", [digest])
    release = deploy.deploy(shop.store, shop.bridge.registry, apps, name="shop", actor="somebody")
    assert release.digest == digest
