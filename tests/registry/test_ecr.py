# SPDX-License-Identifier: GPL-3.0-or-later
"""Amazon ECR's tokens for the bridge: by Amazon's own credential helper, and by ours."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.aws_account import ENVIRON, Account, aws_account
from tests.support.connect_proxy import connect_proxy
from tests.support.fake_registry import (
    DIGEST,
    FOUND,
    Asked,
    Says,
    client_of,
    fake_registry,
    image_of,
)
from webhook_bridge.ecr_login import _NoToken, _service_of
from webhook_bridge.registry.credentials import ask_helper

REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
OURS = (sys.executable, "-m", "webhook_bridge.ecr_login")
AMAZONS = "docker-credential-ecr-login"


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with aws_account() as made:
        yield made


def ask(
    command: tuple[str, ...], registry: str, **environ: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command, "get"],
        input=f"{registry}\n",
        env={**os.environ, **ENVIRON, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def token_of(account: Account) -> str:
    """Return the password that this account gives, as AWS's API has it."""
    [data] = account.client("ecr").get_authorization_token()["authorizationData"]
    return base64.b64decode(data["authorizationToken"]).decode().partition(":")[2]


class OnlyToken:
    """A registry that takes AWS and one password."""

    def __init__(self, token: str) -> None:
        self.header = "Basic " + base64.b64encode(f"AWS:{token}".encode()).decode()

    def answer(self, asked: Asked) -> Says:
        if asked.headers.get("Authorization") == self.header:
            return FOUND
        return Says(
            401, {"WWW-Authenticate": 'Basic realm="https://x/",service="ecr.amazonaws.com"'}
        )


def behind(folder: Path, command: tuple[str, ...]) -> tuple[str, ...]:
    """Return a helper that asks another for ECR's registry, whatever the loopback's is called."""
    file = folder / "docker-credential-as-ecr"
    words = " ".join(command)
    file.write_text(f'#!/bin/sh\nread -r _\necho {REGISTRY} | {words} "$@"\n')
    file.chmod(0o700)
    return (str(file),)


def use(monkeypatch: pytest.MonkeyPatch, environ: Mapping[str, str]) -> None:
    for name, value in {**ENVIRON, **environ}.items():
        monkeypatch.setenv(name, value)


def test_our_helper_gives_the_accounts_token_whatever_its_expiry_says(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, {"AWS_ENDPOINT_URL": account.endpoint})
    [data] = account.client("ecr").get_authorization_token()["authorizationData"]
    assert data["expiresAt"].year < 2020  # moto's tokens ended long ago

    login = ask_helper(OURS, f"https://{REGISTRY}", timeout_s=120)

    assert (login.username, login.password) == ("AWS", token_of(account))


def test_amazons_helper_gives_a_token_that_ecr_takes(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(account.endpoint.rpartition(":")[2])
    with (
        connect_proxy(tmp_path, to=port, name="api.ecr.eu-west-1.amazonaws.com") as proxy,
        fake_registry(OnlyToken(token_of(account)).answer) as registry,
    ):
        (tmp_path / "home").mkdir()
        found = {
            "HTTPS_PROXY": proxy.url,
            "AWS_CA_BUNDLE": str(proxy.authority),
            "HOME": str(tmp_path / "home"),
        }
        use(monkeypatch, found)
        client = client_of(registry, credential_command=behind(tmp_path, (AMAZONS,)))

        assert client.digest_of(image_of(registry), "1") == DIGEST


@pytest.mark.parametrize(
    ("registry", "region"),
    [
        (REGISTRY, "eu-west-1"),
        ("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("123456789012.dkr-ecr.eu-west-1.on.aws", "eu-west-1"),
    ],
)
def test_our_helper_asks_in_the_region_of_a_private_registry(registry: str, region: str) -> None:
    assert _service_of(registry) == ("ecr", region)
    assert _service_of("public.ecr.aws") == ("ecr-public", "us-east-1")


@pytest.mark.parametrize(
    "registry",
    ["", f"{REGISTRY}.evil.example", f"x{REGISTRY}", "1.dkr.ecr.eu-west-1.amazonaws.com"],
)
def test_our_helper_knows_no_stranger(registry: str) -> None:
    with pytest.raises(_NoToken, match="is not a registry of Amazon ECR"):
        _service_of(registry)


def test_our_helper_gives_nothing_for_a_stranger() -> None:
    done = ask(OURS, "docker.io")

    assert (done.returncode, done.stdout) == (1, "")
    assert "is not a registry of Amazon ECR" in done.stderr


def test_our_helper_repeats_what_keeps_it_from_a_token() -> None:
    environ = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1"}
    unreachable = ask(OURS, REGISTRY, **environ)
    nobody = ask(OURS, REGISTRY, **environ, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")

    assert (unreachable.returncode, nobody.returncode) == (1, 1)
    assert "127.0.0.1:1" in unreachable.stderr
    assert "Unable to locate credentials" in nobody.stderr
    assert "Traceback" not in unreachable.stderr + nobody.stderr


def test_our_helper_names_the_extra_that_is_missing(tmp_path: Path) -> None:
    (tmp_path / "boto3.py").write_text("raise ModuleNotFoundError('boto3')")

    done = ask(OURS, REGISTRY, PYTHONPATH=str(tmp_path))

    assert done.returncode == 1
    assert "pip install 'longshore[aws]'" in done.stderr


def test_our_helper_says_how_it_is_used() -> None:
    done = subprocess.run([*OURS, "store"], capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 1
    assert "longshore-ecr-login get" in done.stderr
