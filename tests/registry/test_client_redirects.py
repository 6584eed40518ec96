# SPDX-License-Identifier: GPL-3.0-or-later
"""Where blobs are fetched, and that the answer is what was asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import pytest

from tests.support.fake_registry import (
    FOUND,
    MANIFEST,
    Asked,
    FakeRegistry,
    Says,
    always,
    client_of,
    digest_of,
    fake_registry,
    image_of,
)
from webhook_bridge.registry.client import RegistryError

SECRET = "pass-word-of-the-test"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    with fake_registry(always(FOUND)) as other:
        target = f"http://{other.host}/v2/acme/shop/manifests/latest"
        with (
            fake_registry(always(Says(status, {"Location": target}))) as registry,
            pytest.raises(RegistryError, match="redirects to"),
        ):
            digest_of(registry, username="bot", password=SECRET)

        assert other.asked == []


CONFIG = b'{"os": "linux", "architecture": "amd64"}'
IMAGE = json.dumps(
    {"schemaVersion": 2, "config": {"digest": f"sha256:{hashlib.sha256(CONFIG).hexdigest()}"}}
).encode()
IMAGE_DIGEST = f"sha256:{hashlib.sha256(IMAGE).hexdigest()}"


def redirecting_blobs(location: str) -> Callable[[Asked], Says]:
    """Answer as a registry that wants a login and keeps its blobs at a storage service."""

    def answer(asked: Asked) -> Says:
        if "Authorization" not in asked.headers:
            return Says(401, {"WWW-Authenticate": "Basic"})
        if "/blobs/" in asked.path:
            return Says(307, {"Location": location})
        return Says(200, {}, IMAGE)

    return answer


def platforms_of(registry: FakeRegistry) -> tuple[str, ...]:
    client = client_of(registry, username="bot", password=SECRET)
    return client.contents_of(image_of(registry), IMAGE_DIGEST).platforms


def test_a_blob_is_fetched_from_where_it_is_kept_without_credentials() -> None:
    with (
        fake_registry(always(Says(200, {}, CONFIG))) as other,
        fake_registry(redirecting_blobs(f"http://{other.host}/blob?signed=1")) as registry,
    ):
        assert platforms_of(registry) == ("linux/amd64",)
        assert [asked.path for asked in other.asked] == ["/blob?signed=1"]
        assert "Authorization" not in other.asked[0].headers


def test_a_blob_that_is_another_where_it_is_kept_is_refused() -> None:
    with (
        fake_registry(always(Says(200, {}, b"{}"))) as other,
        fake_registry(redirecting_blobs(f"http://{other.host}/blob")) as registry,
        pytest.raises(RegistryError, match="is answered with sha256"),
    ):
        platforms_of(registry)


def test_redirects_in_a_circle_end() -> None:
    with (
        fake_registry(lambda asked: Says(307, {"Location": asked.path})) as other,
        fake_registry(redirecting_blobs(f"http://{other.host}/blob")) as registry,
        pytest.raises(RegistryError, match="redirects to"),
    ):
        platforms_of(registry)


def test_content_of_another_digest_is_refused() -> None:
    with (
        fake_registry(always(Says(200, {}, MANIFEST))) as registry,
        pytest.raises(RegistryError, match="is answered with sha256"),
    ):
        client_of(registry).contents_of(image_of(registry), "sha256:" + "0" * 64)
