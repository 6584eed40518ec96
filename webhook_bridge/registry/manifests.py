# SPDX-License-Identifier: GPL-3.0-or-later
"""What manifests say, as far as we ask: platforms and the digest of the configuration.

Facts: OCI image specification 1.1, image-index.md, manifest.md and config.md.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from webhook_bridge.domain.references import is_digest

ACCEPTED = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
"""Media types to ask for. Without both indexes a registry answers with one platform's manifest,
whose digest is not the one that hosts report."""

_WORD = re.compile(r"[a-z0-9._-]{1,32}")
_IMPLIED_VARIANTS = {("arm64", "v8"), ("amd64", "v1")}
"""What containerd's platforms.Normalize leaves out."""
_TOO_MUCH = 2**44
_UNKNOWN = "unknown"
"""Operating system and architecture of an attestation in an index, as BuildKit writes it."""


def digest_of_bytes(content: bytes) -> str:
    """Return the digest that names these bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def is_manifest(document: Mapping[str, object]) -> bool:
    """Say whether this is an index or a manifest of today's kind, and not some other page."""
    return document.get("schemaVersion") == 2  # noqa: PLR2004 - the version's own number


def is_index(document: Mapping[str, object]) -> bool:
    """Say whether it names one manifest for each platform."""
    return isinstance(document.get("manifests"), list)


def platforms_in_index(index: Mapping[str, object]) -> tuple[str, ...]:
    """Return the platforms of an index, without attestations, in its order."""
    children = index.get("manifests")
    found = [
        _platform(child["platform"])
        for child in (children if isinstance(children, list) else [])
        if isinstance(child, dict) and isinstance(child.get("platform"), dict)
    ]
    return tuple(dict.fromkeys(platform for platform in found if platform is not None))


def platforms_in_config(config: Mapping[str, object]) -> tuple[str, ...]:
    """Return the one platform of an image's configuration; nothing for charts and the like."""
    platform = _platform(config)
    return () if platform is None else (platform,)


def labels_in_config(config: Mapping[str, object]) -> Mapping[str, object]:
    """Return the labels in an image's configuration; none where it has none."""
    inner = config.get("config")
    labels = inner.get("Labels") if isinstance(inner, dict) else None
    return labels if isinstance(labels, dict) else {}


def config_digest(manifest: Mapping[str, object]) -> str | None:
    """Return the digest of the configuration blob, None where there is none."""
    config = manifest.get("config")
    digest = config.get("digest") if isinstance(config, dict) else None
    return digest if isinstance(digest, str) and is_digest(digest) else None


def size_of_layers(manifest: Mapping[str, object]) -> int | None:
    """Return the bytes that a pull of all layers brings, compressed; None where it does not say."""
    layers = manifest.get("layers")
    if not isinstance(layers, list):
        return None
    sizes = [layer.get("size") for layer in layers if isinstance(layer, dict)]
    known = [size for size in sizes if isinstance(size, int) and 0 <= size < _TOO_MUCH]
    return sum(known) if len(known) == len(layers) else None


def first_image(index: Mapping[str, object]) -> str | None:
    """Return the digest of the first manifest in an index that is for a platform."""
    children = index.get("manifests")
    for child in children if isinstance(children, list) else []:
        if not isinstance(child, dict) or not isinstance(child.get("platform"), dict):
            continue
        digest = child.get("digest")
        if _platform(child["platform"]) and isinstance(digest, str) and is_digest(digest):
            return digest
    return None


def _platform(fields: Mapping[str, object]) -> str | None:
    system, architecture = _word(fields.get("os")), _word(fields.get("architecture"))
    if system is None or architecture is None or _UNKNOWN in (system, architecture):
        return None
    variant = _word(fields.get("variant"))
    if variant is None or (architecture, variant) in _IMPLIED_VARIANTS:
        return f"{system}/{architecture}"
    return f"{system}/{architecture}/{variant}"


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else None
