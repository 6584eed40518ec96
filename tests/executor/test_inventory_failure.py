# SPDX-License-Identifier: GPL-3.0-or-later
"""Why an inventory could not be read: AWS's own sentence, in check and in a run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.aws_account import ENVIRON as AWS_ENVIRON
from tests.support.installation import Installation, free_port
from webhook_bridge.config.apps import load_apps
from webhook_bridge.domain.outcomes import Expectation, RunReport, judge_run
from webhook_bridge.domain.releases import Release
from webhook_bridge.domain.runs import Run, Work
from webhook_bridge.errors import ConfigurationError
from webhook_bridge.executor.inventory import hosts_of_apps
from webhook_bridge.executor.inventory_failure import cause_of_failure
from webhook_bridge.executor.runner import execute

# As EC2 answers them (docs.aws.amazon.com/AWSEC2 "Error codes for the Amazon EC2 API").
ERRORS = {
    "RequestExpired": (400, "Request has expired."),
    "AuthFailure": (401, "AWS was not able to validate the provided access credentials"),
    "UnauthorizedOperation": (403, "You are not authorized to perform this operation."),
    "RequestLimitExceeded": (503, "Request limit exceeded."),
}


class Ec2(ThreadingHTTPServer):
    """A region that answers every request with one error."""

    error = "RequestExpired"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Ec2)
        status, message = ERRORS[self.server.error]
        text = f"<Code>{self.server.error}</Code><Message>{message}</Message>"
        body = f"<Response><Errors><Error>{text}</Error></Errors></Response>".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def ec2() -> Iterator[Ec2]:
    with Ec2(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ec2: Ec2) -> Installation:
    folder = tmp_path / "longshore"
    folder.mkdir()
    made = Installation(folder)
    (folder / "inventory" / "hosts.yml").unlink()
    (folder / "inventory" / "aws_ec2.yml").write_text(
        "plugin: amazon.aws.aws_ec2\nregions: [eu-west-1]\nhostnames: [instance-id]\n"
    )
    made.write_app("shop", hosts="all")
    for name, value in AWS_ENVIRON.items():
        monkeypatch.setenv(name, value)
    at(ec2.server_address[1], monkeypatch)
    names = ", ".join(f'"{name}"' for name in (*AWS_ENVIRON, "AWS_ENDPOINT_URL"))
    with made.file.open("a") as settings:
        settings.write(f"\n[ansible]\nenvironment = [{names}]\n")
    return made


def at(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")


def why(installation: Installation) -> str:
    with pytest.raises(ConfigurationError) as refused:
        hosts_of_apps(installation.settings(), load_apps(installation.apps_file))
    return str(refused.value)


@pytest.mark.parametrize("error", ERRORS)
def test_the_sentence_of_aws_is_the_reason(
    installation: Installation, ec2: Ec2, error: str
) -> None:
    ec2.error = error

    told = why(installation)

    assert error in told
    assert ERRORS[error][1] in told
    assert "\n" not in told


def test_an_endpoint_that_nobody_listens_at_is_named(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(free_port(), monkeypatch)

    assert "Could not connect to the endpoint URL" in why(installation)


def test_a_run_that_finds_no_inventory_says_so_and_is_no_answer(
    installation: Installation, ec2: Ec2
) -> None:
    ec2.error = "UnauthorizedOperation"
    digest = f"sha256:{'1' * 64}"
    release = Release("shop", "x.example/shop", "latest", digest, "deploy", "test", id="r")
    run = Run("shop", "r", 1, 1, "deploy", (), {}, "the-run")

    report: RunReport = execute(
        installation.settings(), Work(release, run, 0), stop=threading.Event()
    )
    result = judge_run(report, expected=Expectation(digest))

    assert report.stopped is not None
    assert report.stopped.reason == "inventory_failed"
    assert result.inventory_failed
    assert "You are not authorized to perform this operation." in result.reason


def test_what_a_program_said_belongs_to_the_reason() -> None:
    lines = [
        "[WARNING]: Failed to parse inventory with 'script' plugin: Inventory script failed.\n",
        "Standard error from inventory script:\n",
        "Request limit exceeded.\n",
        "\n",
        "[WARNING]: Failed to parse inventory with 'yaml' plugin: no YAML\n",
    ]

    assert cause_of_failure(lines) == "Inventory script failed. Request limit exceeded."


def test_output_of_a_run_that_read_its_inventory_has_no_cause() -> None:
    assert cause_of_failure(["PLAY [all]\n", "fatal: [h1]: FAILED! => {}\n"]) == ""


def test_a_reason_is_short() -> None:
    line = f"[WARNING]: Failed to parse inventory with 'auto' plugin: {'x' * 5000}"

    assert len(cause_of_failure([line])) < 700


def test_a_file_that_is_no_yaml_is_named_with_its_line() -> None:
    lines = [
        "[WARNING]: Failed to parse inventory with 'yaml' plugin: YAML parsing failed: no value.\n",
        "\n",
        "Origin: /etc/longshore/inventory/hosts.yml:3:9\n",
        "[WARNING]: Failed to parse inventory with 'ini' plugin: no INI\n",
    ]

    assert cause_of_failure(lines) == (
        "YAML parsing failed: no value. (/etc/longshore/inventory/hosts.yml:3:9)"
    )
