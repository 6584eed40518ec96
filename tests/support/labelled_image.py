# SPDX-License-Identifier: GPL-3.0-or-later
"""An image with labels as a registry serves it: an index, one platform's manifest, the config."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.fake_registry import Asked, Says
from webhook_bridge.registry.manifests import digest_of_bytes

_ATTESTATION = {
    "digest": f"sha256:{'a' * 64}",
    "platform": {"os": "unknown", "architecture": "unknown"},
}


@dataclass
class LabelledImage:
    """`contents` is what each path of the registry says; a test may lie in it."""

    labels: Mapping[str, object] | None
    contents: dict[str, bytes] = field(default_factory=dict)
    digest: str = ""
    manifest: str = ""
    config: str = ""

    def __post_init__(self) -> None:
        self.config = self._put("blobs", {"config": {"Labels": self.labels}, "os": "linux"})
        self.manifest = self._put(
            "manifests", {"schemaVersion": 2, "config": {"digest": self.config}}
        )
        child = {
            "digest": self.manifest,
            "platform": {"os": "linux", "architecture": "amd64"},
        }
        self.digest = self._put(
            "manifests", {"schemaVersion": 2, "manifests": [_ATTESTATION, child]}
        )

    def _put(self, kind: str, document: Mapping[str, Any]) -> str:
        content = json.dumps(document).encode()
        digest = digest_of_bytes(content)
        self.contents[f"{kind}/{digest}"] = content
        return digest

    def answer(self, asked: Asked) -> Says:
        content = self.contents.get("/".join(asked.path.split("/")[-2:]))
        return Says(404) if content is None else Says(200, body=content)
