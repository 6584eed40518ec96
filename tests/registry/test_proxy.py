# SPDX-License-Identifier: GPL-3.0-or-later
"""Registries that are asked through the proxy of the environment."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.connect_proxy import connect_proxy
from tests.support.fake_registry import (
    DIGEST,
    FOUND,
    FakeRegistry,
    Says,
    always,
    digest_of,
    fake_registry,
)
from webhook_bridge.domain.references import ImageName
from webhook_bridge.registry.client import RegistryAccess, RegistryClient, RegistryUnreachable

# A name that no resolver knows (RFC 2606): only a proxy can reach it.
NAME = "registry.example.invalid"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def asked(timeout_s: float = 5, **access: object) -> str:
    client = RegistryClient({NAME: RegistryAccess(NAME, **access)}, timeout_s=timeout_s)  # type: ignore[arg-type]  # one keyword or none
    return client.digest_of(ImageName(NAME, "acme/shop"), "latest")


@contextmanager
def proxy_that_says(answer: bytes, *, drips: bool = False) -> Iterator[int]:
    """Run one that gives this answer to CONNECT, and return its port."""
    ended = threading.Event()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            parts = [bytes([one]) for one in answer] if drips else [answer]
            with suppress(ConnectionError):  # the client has given up
                for part in parts:
                    self.wfile.write(part)
                    if drips and ended.wait(0.05):
                        return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_address[1]
        ended.set()
        server.shutdown()


def port_of(registry: FakeRegistry) -> int:
    return int(registry.host.rpartition(":")[2])


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_registry_is_asked_through_a_tunnel_of_the_proxy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
) -> None:
    with (
        fake_registry(always(FOUND)) as registry,
        connect_proxy(tmp_path, to=port_of(registry), name=NAME) as proxy,
    ):
        monkeypatch.setenv(variable, proxy.url)

        assert asked(ca_file=str(proxy.authority)) == DIGEST
        assert [one.path for one in registry.asked] == ["/v2/acme/shop/manifests/latest"]


def test_a_proxy_shows_no_certificate_in_the_registrys_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (
        fake_registry(always(FOUND)) as registry,
        connect_proxy(tmp_path, to=port_of(registry), name="another.example") as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)

        with pytest.raises(RegistryUnreachable, match="certificate is not trusted"):
            asked(ca_file=str(proxy.authority), password="s3cret", username="bot")
        assert registry.asked == []


def test_a_registry_of_plain_http_is_asked_by_the_proxy_for_http(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with fake_registry(always(FOUND)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.host}")

        assert asked(plain_http=True) == DIGEST
        assert proxy.asked[0].path == f"http://{NAME}/v2/acme/shop/manifests/latest"


@pytest.mark.parametrize("exempt", ["*", NAME, ".example.invalid"])
def test_no_proxy_names_what_is_asked_directly(
    monkeypatch: pytest.MonkeyPatch, exempt: str
) -> None:
    with fake_registry(always(FOUND)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.host}")
        monkeypatch.setenv("NO_PROXY", exempt)

        with pytest.raises(RegistryUnreachable, match="has no address"):
            asked(plain_http=True)
        assert proxy.asked == []


def test_this_machine_is_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:1")
    with fake_registry(always(FOUND)) as registry:
        assert digest_of(registry) == DIGEST


def test_a_proxy_that_drips_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    drip = always(Says(200, {}, b" " * 1000, drip="all"))
    with fake_registry(drip) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.host}")

        with pytest.raises(RegistryUnreachable, match="did not answer within"):
            asked(plain_http=True, timeout_s=0.4)


def test_a_tunnel_that_drips_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy_that_says(b"HTTP/1.1 200 " + b"x" * 1000, drips=True) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")

        with pytest.raises(RegistryUnreachable, match=r"did not answer within.*through the proxy"):
            asked(timeout_s=0.4)


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        ("http://bot:s3cret@proxy.example.invalid:3128", "which has no address"),
        ("socks5://proxy.example.invalid:1080", "which must be http or https"),
        ("ftp://proxy.example.invalid", "which must be http or https"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_without_its_login(
    monkeypatch: pytest.MonkeyPatch, proxy: str, said: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)

    with pytest.raises(RegistryUnreachable, match=said) as caught:
        asked()
    assert "through the proxy proxy.example.invalid" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_what_a_proxy_refuses_is_said_in_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy_that_says(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n") as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")

        with pytest.raises(RegistryUnreachable, match="407 Proxy Authentication Required"):
            asked()


def test_a_proxy_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")

    with pytest.raises(RegistryUnreachable, match="which accepts no connection"):
        asked()
