# SPDX-License-Identifier: GPL-3.0-or-later
"""An AWS account on the loopback: moto's server in a process of its own, asked by boto3."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3.session

from tests.support.installation import free_port
from tests.support.waiting import wait_for

REGION = "eu-west-1"
ENVIRON: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    # Nobody here answers for 169.254.169.254.
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}


@dataclass
class Account:
    """One account; `endpoint` is where all of its services are."""

    endpoint: str
    process: subprocess.Popen[bytes] | None = None
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        if service not in self.clients:
            self.clients[service] = self._new_client(service)
        return self.clients[service]

    def _new_client(self, service: str) -> Any:
        session = boto3.session.Session(
            aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION
        )
        return session.client(service, endpoint_url=self.endpoint)

    def new_queue(self, name: str, **attributes: str) -> str:
        """Return the URL of a queue that is empty."""
        made = self.client("sqs").create_queue(QueueName=name, Attributes=attributes)
        return str(made["QueueUrl"])

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Answer nothing until the block ends, and go on then."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def arn(self, url: str) -> str:
        attributes = self.client("sqs").get_queue_attributes(
            QueueUrl=url, AttributeNames=["QueueArn"]
        )
        return str(attributes["Attributes"]["QueueArn"])

    def send(self, url: str, body: str, **attributes: str) -> str:
        """Send a message whose attributes have these names, `_` for `-`; return its id."""
        values = {
            name.replace("_", "-"): {"DataType": "String", "StringValue": text}
            for name, text in attributes.items()
        }
        sent = self.client("sqs").send_message(
            QueueUrl=url, MessageBody=body, MessageAttributes=values
        )
        return str(sent["MessageId"])

    def left(self, url: str) -> int:
        """Count the messages that are not deleted, hidden ones too."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return sum(int(found["Attributes"][name]) for name in names)


@contextmanager
def aws_account() -> Iterator[Account]:
    """Run one until the block ends."""
    account = Account(f"http://127.0.0.1:{free_port()}")
    port = account.endpoint.rpartition(":")[2]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", port]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    account.process = process
    try:
        wait_for(lambda: _answers(account, process), "moto's server answers", seconds=60)
        yield account
    finally:
        process.kill()
        process.wait()


def _answers(account: Account, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "moto's server has ended"
    try:
        with urllib.request.urlopen(f"{account.endpoint}/moto-api/", timeout=5):  # noqa: S310 - http, on the loopback
            return True
    except OSError:
        return False
