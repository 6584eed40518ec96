# SPDX-License-Identifier: GPL-3.0-or-later
"""What else is kept in a registry beside images, told by its media type."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "application/vnd.cncf.helm.": "A Helm chart",
        "application/vnd.dev.cosign.": "A signature",
        "application/vnd.dev.sigstore.": "A signature",
        "application/vnd.cncf.notary.": "A signature",
        "application/vnd.in-toto": "An attestation",
        "application/vnd.dsse.envelope": "An attestation",
        "application/spdx": "An SBOM",
        "application/vnd.cyclonedx": "An SBOM",
        "application/vnd.oci.empty.": "An artifact without an image's configuration",
        "application/vnd.wasm.": "A WebAssembly module",
    }
)


def artifact(*media_types: object) -> str | None:
    """Return what was pushed, if the type of a manifest, artifact or configuration tells.

    None where it may be an image: an unknown type is left to the registry and the hosts.
    """
    for media_type in media_types:
        if isinstance(media_type, str):
            for start, kind in _KINDS.items():
                if media_type.startswith(start):
                    return kind
    return None
