# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry that Debian ships as docker-registry, on a port of the loopback."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

USER, PASSWORD = "puller", "right-password"
# bcrypt of PASSWORD: docker-registry reads no other kind.
_HTPASSWD = f"{USER}:$2b$05$abcdefghijklmnopqrstuuBO.kmgTJhdt40M5ZyHgFmcpBdUb9aS.\n"
_DEADLINE_S = 10
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class RealRegistry:
    """A running registry: push to it as its only user."""

    def __init__(self, host: str) -> None:
        self.host = host
        credentials = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        self._headers = {"Authorization": f"Basic {credentials}"}

    def call(self, method: str, url: str, body: bytes | None = None, kind: str = "") -> Any:
        url = url if url.startswith("http") else f"http://{self.host}{url}"
        headers = self._headers | {"Content-Type": kind or "application/octet-stream"}
        request = urllib.request.Request(url, data=body, method=method, headers=headers)  # noqa: S310 - http, to ourselves
        with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310 - the same
            return response.headers

    def push_blob(self, repository: str, content: bytes) -> dict[str, Any]:
        digest = digest_of(content)
        place = self.call("POST", f"/v2/{repository}/blobs/uploads/", b"")["Location"]
        self.call("PUT", f"{place}&digest={digest}", content)
        return {"digest": digest, "size": len(content)}

    def push_manifest(self, repository: str, reference: str, content: bytes, kind: str) -> str:
        self.call("PUT", f"/v2/{repository}/manifests/{reference}", content, kind)
        return digest_of(content)

    def push_image(self, repository: str, tag: str | None, *, platform: str) -> dict[str, Any]:
        """Push an image without layers; return its descriptor. No tag: by its digest only."""
        system, architecture, *variant = platform.split("/")
        fields = {"os": system, "architecture": architecture}
        fields |= {"variant": variant[0]} if variant else {}
        config = json.dumps(fields | {"rootfs": {"type": "layers", "diff_ids": []}}).encode()
        descriptor = self.push_blob(repository, config) | {"mediaType": CONFIG}
        manifest = json.dumps(
            {"schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor, "layers": []}
        ).encode()
        digest = self.push_manifest(repository, tag or digest_of(manifest), manifest, MANIFEST)
        return {
            "mediaType": MANIFEST,
            "digest": digest,
            "size": len(manifest),
            "platform": fields,
        }

    def push_index(self, repository: str, tag: str, children: list[dict[str, Any]]) -> str:
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": children}
        return self.push_manifest(repository, tag, json.dumps(index).encode(), INDEX)


@contextlib.contextmanager
def real_registry(
    folder: Path, *, endpoint: dict[str, Any] | None = None
) -> Iterator[RealRegistry]:
    """Run one with its data in the folder, and end it afterwards; it notifies an endpoint."""
    host = f"127.0.0.1:{_free_port()}"
    config = _write_config(folder, host, endpoint)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["docker-registry", "serve", str(config)],
            stdout=log,
            stderr=log,
            env={"PATH": os.environ["PATH"], "OTEL_TRACES_EXPORTER": "none"},
        )
    try:
        _wait_until_it_answers(host, process, folder / "log")
        yield RealRegistry(host)
    finally:
        process.terminate()
        process.wait(_DEADLINE_S)


def _write_config(folder: Path, host: str, endpoint: dict[str, Any] | None) -> Path:
    (folder / "htpasswd").write_text(_HTPASSWD)
    settings = {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": host},
        "auth": {"htpasswd": {"realm": "test", "path": str(folder / "htpasswd")}},
        "notifications": {"endpoints": [] if endpoint is None else [endpoint]},
    }
    config = folder / "config.yml"
    config.write_text(json.dumps(settings))  # JSON is YAML
    return config


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_it_answers(host: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _DEADLINE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://{host}/v2/", timeout=1)
        except urllib.error.HTTPError as error:
            error.close()
            return  # 401: it is up
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"docker-registry did not start: {log.read_text()}")
