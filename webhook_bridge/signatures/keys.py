# SPDX-License-Identifier: GPL-3.0-or-later
"""Public keys as `cosign generate-key-pair` writes them: ECDSA on P-256, PEM."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

_BLOCK = re.compile(rb"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)
_LARGEST_FILE = 64 * 1024


@dataclass(frozen=True)
class CosignKeys:
    """The keys of one file; a signature by any of them is good, so that keys can be changed."""

    file: Path
    keys: tuple[ec.EllipticCurvePublicKey, ...]

    def signed(self, message: bytes, signatures: Iterable[bytes]) -> bool:
        """Say whether one of the signatures is a key's over exactly these bytes."""
        return any(_fits(key, message, one) for one in signatures for key in self.keys)


def read_keys(file: Path) -> CosignKeys:
    """Return the keys in a file.

    :raises ValueError: with what to do, where there is none or one of another kind.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(_LARGEST_FILE)
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from None
    blocks = _BLOCK.findall(content)
    if not blocks:
        raise ValueError(f"{file} holds no public key; name the cosign.pub of your key pair")
    return CosignKeys(file, tuple(_key(file, block) for block in blocks))


def _key(file: Path, block: bytes) -> ec.EllipticCurvePublicKey:
    try:
        key = load_pem_public_key(block)
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError(f"{file} holds a public key that cannot be read") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError(
            f"{file} holds a key of another kind than ECDSA P-256; make one with: "
            "cosign generate-key-pair"
        )
    return key


def _fits(key: ec.EllipticCurvePublicKey, message: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, message, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True
