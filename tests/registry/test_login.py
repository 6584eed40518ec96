# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sees the credentials of a registry, and when."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.fake_registry import (
    DIGEST,
    FOUND,
    Asked,
    Says,
    always,
    client_of,
    digest_of,
    fake_registry,
    image_of,
)
from webhook_bridge.registry.client import RegistryAccess, RegistryDenied, RegistryError

SECRET = "pass-word-of-the-test"


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def behind_basic(asked: Asked) -> Says:
    if asked.headers.get("Authorization") == basic("bot", SECRET):
        return FOUND
    return Says(401, {"WWW-Authenticate": 'Basic realm="x"'})


def behind_token(realm: Callable[[], str], grant: dict[str, object]) -> Callable[[Asked], Says]:
    """Answer as a registry whose token service is part of it."""

    def answer(asked: Asked) -> Says:
        if asked.path.startswith("/token"):
            return Says(200, {}, json.dumps(grant).encode())
        if asked.headers.get("Authorization") == "Bearer t0ken":
            return FOUND
        challenge = f'Bearer realm="{realm()}",service="reg,1",scope="repository:x:push,pull"'
        return Says(401, {"WWW-Authenticate": challenge})

    return answer


def test_basic_credentials_are_sent_when_asked_for_and_remembered() -> None:
    with fake_registry(behind_basic) as registry:
        client = client_of(registry, username="bot", password=SECRET)

        assert client.digest_of(image_of(registry), "1") == DIGEST
        assert client.digest_of(image_of(registry), "2") == DIGEST
        assert len(registry.asked) == 3
        assert "Authorization" not in registry.asked[0].headers


def test_credentials_outside_ascii_are_sent_as_utf_8() -> None:
    def answer(asked: Asked) -> Says:
        if asked.headers.get("Authorization") == basic("bot", "schlüssel€"):
            return FOUND
        return Says(401, {"WWW-Authenticate": "Basic"})

    with fake_registry(answer) as registry:
        assert digest_of(registry, username="bot", password="schlüssel€") == DIGEST


def test_a_password_that_is_refused_is_tried_once_and_not_told() -> None:
    with fake_registry(behind_basic) as registry:
        with pytest.raises(RegistryDenied) as denied:
            digest_of(registry, username="bot", password="wr0ng-one")

        assert len(registry.asked) == 2
    assert denied.value.code == "registry_denied"
    assert not denied.value.retryable
    assert "wr0ng-one" not in str(denied.value)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_without_a_challenge_is_denied(status: int) -> None:
    with (
        fake_registry(always(Says(status))) as registry,
        pytest.raises(RegistryDenied, match="set username and password"),
    ):
        digest_of(registry)


@pytest.mark.parametrize("key", ["token", "access_token"])
def test_a_token_for_pulling_this_repository_is_fetched_and_remembered(key: str) -> None:
    grant = {key: "t0ken", "expires_in": 300}
    with fake_registry(behind_token(lambda: f"http://{registry.host}/token", grant)) as registry:
        client = client_of(registry, username="bot", password=SECRET)

        assert client.digest_of(image_of(registry), "1") == DIGEST
        assert client.digest_of(image_of(registry), "2") == DIGEST
        assert [asked.path.partition("?")[0] for asked in registry.asked] == [
            "/v2/acme/shop/manifests/1",
            "/token",
            "/v2/acme/shop/manifests/1",
            "/v2/acme/shop/manifests/2",
        ]
        token = registry.asked[1]
        assert "scope=repository%3Aacme%2Fshop%3Apull&service=reg%2C1" in token.path
        assert token.headers["Authorization"] == basic("bot", SECRET)


def test_public_images_need_a_token_but_no_credentials() -> None:
    with fake_registry(
        behind_token(lambda: f"http://{registry.host}/token", {"token": "t0ken"})
    ) as registry:
        assert digest_of(registry) == DIGEST
        assert "Authorization" not in registry.asked[1].headers


def test_a_token_that_no_longer_holds_is_fetched_anew() -> None:
    valid = ["t1"]

    def answer(asked: Asked) -> Says:
        if asked.path.startswith("/token"):
            return Says(200, {}, json.dumps({"token": valid[0]}).encode())
        if asked.headers.get("Authorization") == f"Bearer {valid[0]}":
            return FOUND
        realm = f"http://{registry.host}/token"
        return Says(401, {"WWW-Authenticate": f'Bearer realm="{realm}"'})

    with fake_registry(answer) as registry:
        client = client_of(registry)
        assert client.digest_of(image_of(registry), "1") == DIGEST
        valid[0] = "t2"

        assert client.digest_of(image_of(registry), "1") == DIGEST


@pytest.mark.parametrize(
    "grant",
    [{}, {"token": ""}, {"token": 5}, {"token": "a\r\nX: y"}, {"token": "a b"}, {"token": "é"}],
)
def test_a_token_service_without_a_usable_token_says_so(grant: dict[str, object]) -> None:
    with (
        fake_registry(behind_token(lambda: f"http://{registry.host}/token", grant)) as registry,
        pytest.raises(RegistryError, match="answers without a token"),
    ):
        digest_of(registry)


@pytest.mark.parametrize("expires_in", [None, "300", -5, 0, 1, 10**19, True, 1e300])
def test_any_lifetime_of_a_token_is_enough_for_one_question(expires_in: object) -> None:
    grant = {"token": "t0ken", "expires_in": expires_in}
    with fake_registry(behind_token(lambda: f"http://{registry.host}/token", grant)) as registry:
        assert digest_of(registry) == DIGEST


@pytest.mark.parametrize("credentials", [{}, {"username": "bot", "password": SECRET}])
def test_a_strange_token_service_is_neither_asked_nor_told(credentials: dict[str, str]) -> None:
    with fake_registry(always(Says(200, {}, b'{"token": "t0ken"}'))) as thief:
        realm = f"http://{thief.host}/token"
        with (
            fake_registry(behind_token(lambda: realm, {})) as registry,
            pytest.raises(RegistryDenied, match="token_realms"),
        ):
            digest_of(registry, **credentials)

        assert thief.asked == []


def test_a_token_service_of_the_configuration_is_asked() -> None:
    with fake_registry(always(Says(200, {}, b'{"token": "t0ken"}'))) as service:
        realm = f"http://{service.host}/token"
        with fake_registry(behind_token(lambda: realm, {})) as registry:
            assert digest_of(registry, token_realms=(service.host,)) == DIGEST


@pytest.mark.parametrize(
    ("host", "realm"),
    [
        ("docker.io", "https://auth.docker.io/token"),
        ("docker.io", "https://registry-1.docker.io/token"),
        ("ghcr.io", "https://ghcr.io/token"),
        ("ghcr.io", "https://GHCR.io:443/token"),
        ("registry.gitlab.com", "https://gitlab.com/jwt/auth"),
        ("registry.example.com:5000", "https://registry.example.com:5000/auth"),
    ],
)
def test_the_usual_token_services_are_trusted(host: str, realm: str) -> None:
    assert RegistryAccess(host).trusts_realm(realm)


@pytest.mark.parametrize(
    "realm",
    [
        "",
        "http://ghcr.io/token",
        "https://ghcr.io.evil.example/token",
        "https://evil.example/ghcr.io",
        "https://ghcr.io@evil.example/token",
        "https://user:x@ghcr.io/token",
        "https://ghcr.io:8443/token",
        "https://ghcr.io:99999/token",
        "https://auth.docker.io/token",
        "https://[::1/token",
        "file:///etc/passwd",
        "//ghcr.io/token",
        "ghcr.io/token",
        "https:///token",
    ],
)
def test_any_other_token_service_is_strange(realm: str) -> None:
    assert not RegistryAccess("ghcr.io").trusts_realm(realm)


def test_a_password_is_not_part_of_what_is_printed() -> None:
    assert SECRET not in repr(RegistryAccess("ghcr.io", username="bot", password=SECRET))


def test_docker_hub_is_asked_at_its_own_api_host() -> None:
    assert RegistryAccess("docker.io").api_url == "https://registry-1.docker.io"


def test_the_netrc_of_the_environment_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"default login bot password {SECRET}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with fake_registry(always(FOUND)) as registry:
        assert digest_of(registry) == DIGEST
        assert "Authorization" not in registry.asked[0].headers
