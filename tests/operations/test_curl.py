# SPDX-License-Identifier: GPL-3.0-or-later
"""Senders as people try them out: curl, with a signature that openssl makes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.installation import SECRET, Installation
from tests.support.sending import PAYLOADS
from tests.support.serving import serving

GITHUB = PAYLOADS / "github-package-2.json"
HOOKS = """
[hooks.github]
source = "github"
secret_file = "hub"
[hooks.ci]
source = "generic"
secret_file = "hub"
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("longshore")
    installation = Installation(folder)
    with installation.file.open("a") as settings:
        settings.write(HOOKS)
    with serving(installation):
        yield installation


def curl(served: Installation, path: str, body: Path, *headers: str) -> tuple[int, str]:
    """Send a file; return the status and the body of the answer."""
    options = [option for header in headers for option in ("--header", header)]
    command = ["curl", "--silent", "--noproxy", "*", "--max-time", "10", *options]
    command += ["--data-binary", f"@{body}", "--write-out", "\n%{http_code}", served.url + path]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    answer, _, status = done.stdout.rpartition("\n")
    return int(status), answer


def signature(body: Path, secret: str) -> str:
    command = ["openssl", "dgst", "-sha256", "-hmac", secret, str(body)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return "X-Hub-Signature-256: sha256=" + done.stdout.split()[-1]


def test_a_request_that_is_signed_as_github_signs_is_taken(served: Installation) -> None:
    status, answer = curl(
        served,
        "/hooks/github",
        GITHUB,
        "Content-Type: application/json",
        "X-GitHub-Event: package",
        "X-GitHub-Delivery: 72d3162e-cc78-11e3-81ab-4c9367dc0958",
        signature(GITHUB, SECRET),
    )

    assert status == 202
    assert json.loads(answer)["delivery"]


def test_a_signature_with_another_secret_is_refused(served: Installation) -> None:
    json_type = "Content-Type: application/json"

    status, _ = curl(served, "/hooks/github", GITHUB, json_type, signature(GITHUB, "x" * 43))

    assert status == 401


def test_a_form_is_refused_with_what_to_change(served: Installation) -> None:
    form = "Content-Type: application/x-www-form-urlencoded"

    status, answer = curl(served, "/hooks/github", GITHUB, form, signature(GITHUB, SECRET))

    assert status == 415
    assert "choose that content type" in json.loads(answer)["message"]


def test_a_ci_job_says_what_it_pushed(served: Installation, tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_text('{"image": "ghcr.io/acme/web", "tag": "1.4.0"}')

    status, _ = curl(
        served,
        "/hooks/ci",
        body,
        "Content-Type: application/json",
        f"Authorization: Bearer {SECRET}",
        "Idempotency-Key: run-7",
    )

    assert status == 202
