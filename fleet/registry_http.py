# SPDX-License-Identifier: GPL-3.0-or-later
"""What the fleet asks of a registry over HTTP: push, tags, digest.

The protocol: https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

import http.client
import json
import urllib.parse
from dataclasses import dataclass
from http import HTTPStatus

from fleet.errors import FleetError
from fleet.image_format import INDEX, MANIFEST, Image, digest_of


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


def is_serving(registry: str) -> bool:
    """Whether it answers, be it only that one has to log in."""
    try:
        answer = _request(registry, "GET", "/v2/")
    except (OSError, http.client.HTTPException):
        return False
    return answer.status in (HTTPStatus.OK, HTTPStatus.UNAUTHORIZED)


def push(registry: str, repository: str, tag: str, image: Image, *, as_index: bool) -> str:
    """Push what is not there yet, then the tag, and return the digest it points to now."""
    for blob in image.blobs:
        _push_blob(registry, repository, blob)
    if not as_index:
        return _push_manifest(registry, repository, tag, image.manifest, MANIFEST)
    _push_manifest(registry, repository, image.digest, image.manifest, MANIFEST)
    return _push_manifest(registry, repository, tag, image.index(), INDEX)


def digest(registry: str, repository: str, tag: str) -> str | None:
    """What a tag points to; None where there is no such tag."""
    path = f"/v2/{repository}/manifests/{tag}"
    answer = _ask(registry, "HEAD", path, headers={"Accept": f"{MANIFEST}, {INDEX}"})
    return answer.headers["Docker-Content-Digest"] if answer.status == HTTPStatus.OK else None


def tags(registry: str, repository: str) -> list[str]:
    answer = _ask(registry, "GET", f"/v2/{repository}/tags/list")
    if answer.status == HTTPStatus.NOT_FOUND:
        return []
    return sorted(json.loads(answer.body)["tags"] or [])


def _push_blob(registry: str, repository: str, blob: bytes) -> None:
    name = digest_of(blob)
    known = _ask(registry, "HEAD", f"/v2/{repository}/blobs/{name}")
    if known.status == HTTPStatus.OK:
        return
    opened = _ask(registry, "POST", f"/v2/{repository}/blobs/uploads/")
    location = urllib.parse.urlsplit(opened.headers["Location"])
    _ask(
        registry,
        "PUT",
        f"{location.path}?{location.query}&digest={name}",
        body=blob,
        headers={"Content-Type": "application/octet-stream"},
    )


def _push_manifest(
    registry: str, repository: str, reference: str, manifest: bytes, media_type: str
) -> str:
    path = f"/v2/{repository}/manifests/{reference}"
    _ask(registry, "PUT", path, body=manifest, headers={"Content-Type": media_type})
    return digest_of(manifest)


def _ask(
    registry: str,
    method: str,
    path: str,
    *,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> _Answer:
    """One request; FleetError for every refusal but "not found", which is an answer."""
    answer = _request(registry, method, path, body, headers)
    if answer.status >= HTTPStatus.BAD_REQUEST and answer.status != HTTPStatus.NOT_FOUND:
        raise FleetError(f"{method} {registry}{path}: {answer.status} {answer.body[:300]!r}")
    return answer


def _request(
    registry: str,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> _Answer:
    connection = http.client.HTTPConnection(registry, timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        raw = connection.getresponse()
        return _Answer(raw.status, raw.headers, raw.read())
    finally:
        connection.close()
