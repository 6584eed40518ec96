# SPDX-License-Identifier: GPL-3.0-or-later
"""The client against what registries and attackers may answer."""

from __future__ import annotations

import base64
import hashlib
import json
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
    FakeRegistry,
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

SECRET = "pass-word-of-the-test"
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


def page_of(tags: list[str], link: str | None = None) -> Says:
    return Says(200, {} if link is None else {"Link": link}, json.dumps({"tags": tags}).encode())


@pytest.mark.parametrize(
    "link",
    [
        '</v2/acme/shop/tags/list?last=2&n=2>; rel="next"',
        "<https://elsewhere.example/other?n=2&last=2>; rel=next",
        '</a>; rel="prev", <?last=2&n=2>; rel="next"',
    ],
)
def test_a_list_of_tags_goes_on_at_our_address_of_the_registry(link: str) -> None:
    def answer(asked: Asked) -> Says:
        return page_of(["3"]) if "last=2" in asked.path else page_of(["1", "2"], link)

    with fake_registry(answer) as registry:
        assert client_of(registry).tags_of(image_of(registry)) == ["1", "2", "3"]

        assert all(asked.path.startswith("/v2/acme/shop/tags/list?") for asked in registry.asked)
        assert len(registry.asked) == 2


def test_a_list_of_tags_without_an_end_is_an_error() -> None:
    endless = page_of([f"{number}" for number in range(9000)], '<?last=9>; rel="next"')
    with (
        fake_registry(always(endless)) as registry,
        pytest.raises(RegistryError, match=r"more tags than are read \(20000"),
    ):
        client_of(registry).tags_of(image_of(registry))


@pytest.mark.parametrize(
    ("says", "tags"),
    [
        (Says(404), []),
        (page_of([]), []),
        (Says(200, {}, b'{"tags": null}'), []),
        (Says(200, {}, b'{"name": "x"}'), []),
        (page_of(["1", "../../x", "{{ x }}", "-x", 5]), ["1"]),  # type: ignore[list-item]  # a hostile list
    ],
)
def test_only_tags_are_tags(says: Says, tags: list[str]) -> None:
    with fake_registry(always(says)) as registry:
        assert client_of(registry).tags_of(image_of(registry)) == tags


def test_a_known_digest_saves_the_registry_an_answer() -> None:
    def answer(asked: Asked) -> Says:
        return Says(304) if asked.headers.get("If-None-Match") == f'"{DIGEST}"' else FOUND

    with fake_registry(answer) as registry:
        client, image = client_of(registry), image_of(registry)

        assert client.digest_of(image, "latest", known=DIGEST) == DIGEST
        assert client.digest_of(image, "latest", known="sha256:" + "0" * 64) == DIGEST
        assert registry.methods() == ["HEAD", "HEAD"]


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


def with_mirror(registry: FakeRegistry, mirror: str) -> RegistryClient:
    return RegistryClient(
        {
            registry.host: RegistryAccess(registry.host, plain_http=True, mirrors=(mirror,)),
            mirror.partition("/")[0]: RegistryAccess(mirror.partition("/")[0], plain_http=True),
        },
        timeout_s=5,
    )


def test_two_repositories_of_one_registry_are_asked_with_their_own_logins() -> None:
    asked: list[str] = []

    def answer(question: Asked) -> Says:
        asked.append(question.headers.get("Authorization", ""))
        challenge = {"www-authenticate": 'Basic realm="r"', "docker-content-digest": DIGEST}
        return Says(200 if asked[-1] else 401, headers=challenge)

    with fake_registry(answer) as registry:
        access = {
            key: RegistryAccess(registry.host, plain_http=True, username=user, password="word")
            for key, user in {registry.host: "all", f"{registry.host}/acme/shop": "shop"}.items()
        }
        client = RegistryClient(access)
        for repository in ("acme/shop", "acme/blog"):
            client.digest_of(ImageName(registry.host, repository), "1")

    used = [base64.b64decode(each.partition(" ")[2]).decode() for each in asked if each]
    assert used == ["shop:word", "all:word"]


def test_a_mirror_is_asked_first_and_below_its_path() -> None:
    with fake_registry(always(FOUND)) as registry, fake_registry(always(FOUND)) as mirror:
        client = with_mirror(registry, f"{mirror.host}/hub")

        assert client.digest_of(image_of(registry), "latest") == DIGEST
        assert [asked.path for asked in mirror.asked] == ["/v2/hub/acme/shop/manifests/latest"]
        assert registry.asked == []


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_a_mirror_that_does_not_answer_is_passed_over(status: int) -> None:
    with fake_registry(always(FOUND)) as registry, fake_registry(always(Says(status))) as mirror:
        assert with_mirror(registry, mirror.host).digest_of(image_of(registry), "1") == DIGEST


def test_a_mirror_is_not_asked_for_the_list_of_tags() -> None:
    with fake_registry(always(page_of(["1"]))) as registry, fake_registry(always(FOUND)) as mirror:
        assert with_mirror(registry, mirror.host).tags_of(image_of(registry)) == ["1"]
        assert mirror.asked == []


def test_content_of_another_digest_is_refused() -> None:
    with (
        fake_registry(always(Says(200, {}, MANIFEST))) as registry,
        pytest.raises(RegistryError, match="is answered with sha256"),
    ):
        client_of(registry).contents_of(image_of(registry), "sha256:" + "0" * 64)


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
