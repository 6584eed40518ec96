# SPDX-License-Identifier: GPL-3.0-or-later
"""Image manifest version 2, schema 2: layers, configuration and manifest as bytes.

The format: https://distribution.github.io/distribution/spec/manifest-v2-2/
"""

import gzip
import hashlib
import io
import json
import struct
import tarfile
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from fleet.commands import full_path

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
_CONFIG = "application/vnd.docker.container.image.v1+json"
_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"

_PROGRAMS = (
    *("cat", "echo", "env", "false", "httpd", "kill", "ls", "nc", "ps", "rm", "sh", "sleep"),
    *("test", "touch", "true", "wget"),
)
_ELF_MACHINE = {"amd64": 0x3E, "arm64": 0xB7}
_ELF_MACHINE_OFFSET = 18


@dataclass(frozen=True)
class Image:
    """A complete image: what a registry stores of it."""

    blobs: tuple[bytes, ...]
    manifest: bytes
    architecture: str

    @property
    def digest(self) -> str:
        return digest_of(self.manifest)

    def index(self) -> bytes:
        """A manifest list that names only this image, as a multi-platform build pushes it."""
        entry = _descriptor(self.manifest, MANIFEST)
        entry["platform"] = {"architecture": self.architecture, "os": "linux"}
        return _json({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]})


def assemble(files: dict[str, str], options: dict[str, Any], *, architecture: str) -> Image:
    """Make an image of busybox plus `files` (path: content), with `options` as its config."""
    layers = [_busybox_layer(architecture), _archive(files)]
    config = _json(
        {
            "architecture": architecture,
            "os": "linux",
            "created": "1970-01-01T00:00:00Z",
            "config": options,
            "rootfs": {"type": "layers", "diff_ids": [digest_of(layer) for layer in layers]},
            "history": [{"created": "1970-01-01T00:00:00Z"} for _ in layers],
        }
    )
    packed = tuple(_pack(layer) for layer in layers)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _descriptor(config, _CONFIG),
        "layers": [_descriptor(layer, _LAYER) for layer in packed],
    }
    return Image(blobs=(*packed, config), manifest=_json(manifest), architecture=architecture)


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@lru_cache
def _busybox_layer(architecture: str) -> bytes:
    busybox = _for_architecture(full_path("busybox").read_bytes(), architecture)
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as archive:
        for folder in ("bin", "tmp", "www"):
            archive.addfile(_entry(folder, tarfile.DIRTYPE))
        program = _entry("bin/busybox", tarfile.REGTYPE)
        program.size = len(busybox)
        archive.addfile(program, io.BytesIO(busybox))
        for name in _PROGRAMS:
            link = _entry(f"bin/{name}", tarfile.SYMTYPE)
            link.linkname = "busybox"
            archive.addfile(link)
    return output.getvalue()


def _for_architecture(program: bytes, architecture: str) -> bytes:
    """Write the architecture into the ELF header, so that a foreign image really cannot run."""
    patched = bytearray(program)
    struct.pack_into("<H", patched, _ELF_MACHINE_OFFSET, _ELF_MACHINE[architecture])
    return bytes(patched)


def _archive(files: dict[str, str]) -> bytes:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as archive:
        for path in sorted(files):
            content = files[path].encode()
            entry = _entry(path, tarfile.REGTYPE)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return output.getvalue()


def _entry(path: str, kind: bytes) -> tarfile.TarInfo:
    # TarInfo's own owner and time are 0, which keeps digests the same for ever.
    entry = tarfile.TarInfo(path)
    entry.type = kind
    entry.mode = 0o755
    return entry


@lru_cache
def _pack(layer: bytes) -> bytes:
    return gzip.compress(layer, compresslevel=1, mtime=0)


def _descriptor(content: bytes, media_type: str) -> dict[str, Any]:
    return {"mediaType": media_type, "size": len(content), "digest": digest_of(content)}


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1, sort_keys=True).encode()
