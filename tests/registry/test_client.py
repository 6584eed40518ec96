# SPDX-License-Identifier: GPL-3.0-or-later
"""The client against what registries and attackers may answer."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Literal

import pytest

from tests.support.fake_registry import (
    DIGEST,
    FOUND,
    MANIFEST,
    Asked,
    Says,
    always,
    client_of,
    digest_of,
    fake_registry,
    image_of,
)
from webhook_bridge.domain.references import ImageName, InvalidReference
from webhook_bridge.registry.client import (
    RateLimited,
    RegistryAccess,
    RegistryClient,
    RegistryError,
    RegistryUnreachable,
    TagGone,
)

INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)


def test_one_head_for_all_kinds_of_manifest_is_enough() -> None:
    with fake_registry(always(FOUND)) as registry:
        assert digest_of(registry) == DIGEST

        [asked] = registry.asked
        assert (asked.method, asked.path) == ("HEAD", "/v2/acme/shop/manifests/latest")
        assert all(kind in asked.headers["Accept"] for kind in INDEXES)
        assert asked.headers["Accept"].count(",") == 3
        assert "Authorization" not in asked.headers


@pytest.mark.parametrize(
    "head",
    [
        Says(200),
        Says(200, {"Docker-Content-Digest": "md5:abc"}),
        Says(404),
        Says(405),
    ],
)
def test_where_head_does_not_tell_the_content_does(head: Says) -> None:
    with fake_registry(
        lambda asked: head if asked.method == "HEAD" else Says(200, {}, MANIFEST)
    ) as registry:
        assert digest_of(registry) == DIGEST
        assert registry.methods() == ["HEAD", "GET"]


def test_a_tag_missing_for_head_and_get_is_gone() -> None:
    with fake_registry(always(Says(404))) as registry, pytest.raises(TagGone) as gone:
        digest_of(registry)

    assert gone.value.code == "tag_gone"
    assert f"{registry.host}/acme/shop:latest" in str(gone.value)


@pytest.mark.parametrize(
    "page", [b"<html>Please log in</html>", b"{}", b'{"schemaVersion": 1}', b"[" * 100_000]
)
def test_a_page_that_is_no_manifest_has_no_digest(page: bytes) -> None:
    with (
        fake_registry(always(Says(200, {}, page))) as registry,
        pytest.raises(RegistryError, match="login page") as unusable,
    ):
        digest_of(registry)

    assert unusable.value.code == "registry_unusable_answer"
    assert not unusable.value.retryable


@pytest.mark.parametrize("extra", [{}, {"Transfer-Encoding": "chunked", "Content-Length": "0"}])
def test_more_than_four_megabytes_are_not_read(extra: dict[str, str]) -> None:
    size = 4 * 1024 * 1024 + 1
    body = (f"{size:x}\r\n".encode() if extra else b"") + b" " * size + b"\r\n0\r\n\r\n"
    with (
        fake_registry(lambda asked: Says(200, extra, body)) as registry,
        pytest.raises(RegistryError, match="more than 4194304 bytes"),
    ):
        digest_of(registry)


def test_a_compressed_answer_is_not_unpacked() -> None:
    with fake_registry(always(Says(200, {"Content-Encoding": "gzip"}, b"x"))) as registry:
        with pytest.raises(RegistryUnreachable, match="compresses"):
            digest_of(registry)

        assert registry.asked[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("drip", ["body", "all"])
def test_a_dripping_answer_ends_at_the_deadline(drip: Literal["body", "all"]) -> None:
    with fake_registry(always(Says(200, {}, b" " * 1000, drip=drip))) as registry:
        with pytest.raises(RegistryUnreachable, match=r"did not answer within 0.4 s"):
            digest_of(registry, timeout_s=0.4)

        assert 0 < registry.dripped < 100


def test_a_registry_that_is_down_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
    client = RegistryClient({host: RegistryAccess(host, plain_http=True)})

    with pytest.raises(RegistryUnreachable, match=f"registry {host} accepts no connection") as down:
        client.digest_of(ImageName(host, "acme/shop"), "1")

    assert (down.value.code, down.value.retryable) == ("registry_unreachable", True)


def test_a_name_without_an_address_is_unreachable() -> None:
    host = "registry.invalid"

    with pytest.raises(RegistryUnreachable, match="its name cannot be resolved"):
        RegistryClient({}).digest_of(ImageName(host, "acme/shop"), "1")


def test_something_that_is_not_http_is_unreachable() -> None:
    def answer(_: Asked) -> Says:
        raise ConnectionError

    with (
        fake_registry(answer) as registry,
        pytest.raises(RegistryUnreachable, match="broke off its answer"),
    ):
        digest_of(registry)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_registry_out_of_order_is_asked_again_later(status: int) -> None:
    with (
        fake_registry(always(Says(status, {"Retry-After": "7"}))) as registry,
        pytest.raises(RegistryUnreachable, match=f"HTTP {status}") as broken,
    ):
        digest_of(registry)

    assert broken.value.retryable
    assert broken.value.retry_after_s == 7


@pytest.mark.parametrize(
    ("stated", "least", "most"),
    [
        ("30", 30, 30),
        ("0", 0, 0),
        ("9" * 400, 3600, 3600),
        (lambda: formatdate(time.time() + 600, usegmt=True), 500, 600),
        (formatdate(0, usegmt=True), 0, 0),
    ],
)
def test_a_rate_limit_says_how_long_to_wait(
    stated: str | Callable[[], str], least: float, most: float
) -> None:
    text = stated() if callable(stated) else stated
    with (
        fake_registry(always(Says(429, {"Retry-After": text}))) as registry,
        pytest.raises(RateLimited) as limited,
    ):
        digest_of(registry)

    assert limited.value.code == "registry_rate_limited"
    assert limited.value.retryable
    assert limited.value.retry_after_s is not None
    assert least <= limited.value.retry_after_s <= most


@pytest.mark.parametrize("stated", ["", "soon", "-1", "1.5", "Mon, 99 Foo 0000"])
def test_a_rate_limit_without_a_readable_time_has_none(stated: str) -> None:
    with (
        fake_registry(always(Says(429, {"Retry-After": stated}))) as registry,
        pytest.raises(RateLimited) as limited,
    ):
        digest_of(registry)

    assert limited.value.retry_after_s is None


def test_a_known_digest_saves_the_registry_an_answer() -> None:
    def answer(asked: Asked) -> Says:
        return Says(304) if asked.headers.get("If-None-Match") == f'"{DIGEST}"' else FOUND

    with fake_registry(answer) as registry:
        client, image = client_of(registry), image_of(registry)

        assert client.digest_of(image, "latest", known=DIGEST) == DIGEST
        assert client.digest_of(image, "latest", known="sha256:" + "0" * 64) == DIGEST
        assert registry.methods() == ["HEAD", "HEAD"]


def test_only_tags_and_digests_are_asked_for() -> None:
    with fake_registry(always(FOUND)) as registry:
        client, image = client_of(registry), image_of(registry)
        for wrong in ("../../x", "{{ x }}", "--version", "a?b", "", DIGEST):
            with pytest.raises(InvalidReference):
                client.digest_of(image, wrong)
        with pytest.raises(InvalidReference):
            client.exists(image, "latest")
        with pytest.raises(InvalidReference):
            client.contents_of(image, "latest")

        assert registry.asked == []
