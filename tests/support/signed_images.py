# SPDX-License-Identifier: GPL-3.0-or-later
"""Images in a registry, with signatures as cosign pushes them."""

from __future__ import annotations

import json

from tests.support.cosign import BUNDLE, Signer, artifact, simple_layer
from tests.support.real_registry import INDEX, MANIFEST, RealRegistry
from tests.support.real_registry import digest_of as digest_of_bytes

SIGNER, STRANGER = Signer(), Signer()


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
