# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign as cosign does with a key pair, in both forms, well or in a way that a test breaks."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from webhook_bridge.signatures.formats import (
    SIGNATURE_ANNOTATION,
    SIMPLE_SIGNING,
    pre_authentication_encoding,
)

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
IN_TOTO = "application/vnd.in-toto+json"
SIGN = "https://sigstore.dev/cosign/sign/v1"


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


@dataclass
class Signer:
    """A key pair."""

    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    @property
    def public_pem(self) -> bytes:
        public = self.key.public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def write_public(self, file: Path) -> Path:
        file.write_bytes(self.public_pem)
        return file

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message, ec.ECDSA(SHA256()))

    def simple(self, digest: str, **changed: Any) -> tuple[bytes, str]:
        """Return a payload and its signature; `changed` are fields of its critical part."""
        critical = {
            "identity": {"docker-reference": "registry.example.com/acme/shop"},
            "image": {"docker-manifest-digest": digest},
            "type": "cosign container image signature",
        } | changed
        payload = json.dumps({"critical": critical, "optional": None}).encode()
        return payload, encoded(self.sign(payload))

    def bundle(
        self,
        digest: str,
        *,
        statement: dict[str, Any] | None = None,
        envelope: dict[str, Any] | None = None,
        document: dict[str, Any] | None = None,
    ) -> bytes:
        """Return a bundle; what is given replaces fields of its three layers."""
        said = {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"digest": {"sha256": digest.removeprefix("sha256:")}}],
            "predicateType": SIGN,
            "predicate": {},
        } | (statement or {})
        payload = json.dumps(said).encode()
        signature = self.sign(pre_authentication_encoding(IN_TOTO, payload))
        sealed = {
            "payload": encoded(payload),
            "payloadType": IN_TOTO,
            "signatures": [{"sig": encoded(signature)}],
        } | (envelope or {})
        whole = {
            "mediaType": BUNDLE,
            "verificationMaterial": {"publicKey": {"hint": "anything"}},
            "dsseEnvelope": sealed,
        } | (document or {})
        return json.dumps(whole).encode()


def simple_layer(descriptor: dict[str, Any], signature: str) -> dict[str, Any]:
    """Return the layer of a classic signature's manifest."""
    return descriptor | {
        "mediaType": SIMPLE_SIGNING,
        "annotations": {SIGNATURE_ANNOTATION: signature},
    }


def artifact(layers: list[dict[str, Any]], config: dict[str, Any], **fields: Any) -> bytes:
    """Return the manifest of what belongs to an image."""
    kind = "application/vnd.oci.image.manifest.v1+json"
    return json.dumps(
        {"schemaVersion": 2, "mediaType": kind, "config": config, "layers": layers} | fields
    ).encode()
