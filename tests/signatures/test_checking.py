# SPDX-License-Identifier: GPL-3.0-or-later
"""Signatures in a registry that users run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.cosign import BUNDLE, artifact
from tests.support.fake_registry import Asked, Says, client_of, fake_registry, image_of
from tests.support.real_registry import PASSWORD, USER, RealRegistry, real_registry
from tests.support.real_registry import digest_of as digest_of_bytes
from tests.support.signed_images import SIGNER, STRANGER, push_bundles, push_classic, push_image
from webhook_bridge.domain.references import ImageName
from webhook_bridge.registry.client import RegistryAccess, RegistryClient
from webhook_bridge.signatures.check import SignatureCheck
from webhook_bridge.signatures.checking import check_signature
from webhook_bridge.signatures.keys import CosignKeys

KEYS = CosignKeys(Path("cosign.pub"), (SIGNER.key.public_key(),))


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRegistry]:
    with real_registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


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
