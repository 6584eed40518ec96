# SPDX-License-Identifier: GPL-3.0-or-later
"""Where signatures of an image lie in its repository, within bounds of number and size.

Facts: cosign up to 2 writes the tag ``sha256-<hex>.sig``; cosign 3 refers to the image, which is
found by the referrers API of the OCI distribution specification 1.1, or by its fallback, the tag
``sha256-<hex>`` (docker-registry 2.8 knows only that).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from webhook_bridge.domain.references import is_digest
from webhook_bridge.registry.conversation import Conversation
from webhook_bridge.signatures.formats import (
    BUNDLES,
    SIGNATURE_ANNOTATION,
    SIMPLE_SIGNING,
    NotSigned,
    check_bundle,
    check_simple_signing,
)
from webhook_bridge.signatures.keys import CosignKeys

MOST_SIGNATURES = 50
LARGEST_SIGNATURE = 1024 * 1024
"""Bytes of a payload or a bundle."""

Candidate = Callable[[CosignKeys], None]
"""Checks one signature; raises NotSigned."""


def signatures_of(talk: Conversation, digest: str) -> Iterator[Candidate]:
    """Yield every signature that is kept for the image, to be checked one after the other.

    :raises NotSigned: where there are more than are looked at.
    """
    yield from _classic(talk, digest)
    yield from _bundles(talk, digest)


def _classic(talk: Conversation, digest: str) -> Iterator[Candidate]:
    manifest = talk.get_manifest(f"{digest.replace(':', '-')}.sig")
    layers = _entries(manifest.document.get("layers"))
    for layer in _few([one for one in layers if one.get("mediaType") == SIMPLE_SIGNING]):
        yield _classic_candidate(talk, layer, digest)


def _classic_candidate(talk: Conversation, layer: dict[str, object], digest: str) -> Candidate:
    def check(keys: CosignKeys) -> None:
        annotations = layer.get("annotations")
        signature = annotations.get(SIGNATURE_ANNOTATION) if isinstance(annotations, dict) else None
        payload = _blob(talk, layer)
        check_simple_signing(payload, str(signature), digest=digest, keys=keys)

    return check


def _bundles(talk: Conversation, digest: str) -> Iterator[Candidate]:
    """The tag is looked at besides an empty list: a registry may have learnt the API since."""
    found = _bundles_in(talk.get_referrers(digest))
    found = found or _bundles_in(talk.get_manifest(digest.replace(":", "-")).document)
    for descriptor in _few(found):
        yield _bundle_candidate(talk, descriptor, digest)


def _bundles_in(index: dict[str, object]) -> list[dict[str, object]]:
    """Return the bundles of an index; a registry that leaves the type out may mean one."""
    entries = _entries(index.get("manifests"))
    return [one for one in entries if one.get("artifactType") in (None, *BUNDLES)]


def _bundle_candidate(talk: Conversation, descriptor: dict[str, object], digest: str) -> Candidate:
    def check(keys: CosignKeys) -> None:
        document = talk.get_manifest(_digest(descriptor)).document
        subject = document.get("subject")
        if not isinstance(subject, dict) or subject.get("digest") != digest:
            raise NotSigned("does not refer to the image")
        layers = _entries(document.get("layers"))
        if len(layers) != 1 or layers[0].get("mediaType") not in BUNDLES:
            raise NotSigned("is not a Sigstore bundle")
        check_bundle(_blob(talk, layers[0]), digest=digest, keys=keys)

    return check


def _blob(talk: Conversation, descriptor: dict[str, object]) -> bytes:
    return talk.get_blob(_digest(descriptor), max_bytes=LARGEST_SIGNATURE)


def _digest(descriptor: dict[str, object]) -> str:
    digest = descriptor.get("digest")
    if not isinstance(digest, str) or not is_digest(digest):
        raise NotSigned("has no SHA-256 digest")
    return digest


def _few(entries: list[dict[str, object]]) -> list[dict[str, object]]:
    """More than a few are an attempt to keep us busy: nothing of them is looked at."""
    if len(entries) > MOST_SIGNATURES:
        raise NotSigned(f"is among more than {MOST_SIGNATURES}, which are not looked at")
    return entries


def _entries(value: object) -> list[dict[str, object]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
