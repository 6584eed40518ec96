# SPDX-License-Identifier: GPL-3.0-or-later
"""One queue of each kind, for what has to hold for all of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from tests.support.aws_account import ENVIRON, REGION, aws_account
from tests.support.fake_azure import SIGNATURE, fake_azure
from tests.support.fake_pubsub import SUBSCRIPTION, fake_pubsub


@dataclass(frozen=True)
class WaitingQueue:
    """A queue as a test has it, and how a hook's table names it."""

    keys: Mapping[str, str]
    environ: Mapping[str, str]
    put: Callable[[str], str]
    """Returns the message's id."""
    left: Callable[[], int]
    """How many messages are not deleted, hidden ones among them."""
    given_up: Callable[[], int] = lambda: 0
    """How many the service has put aside, for having been handed out too often."""
    expire: Callable[[], None] = lambda: None
    """Let what is hidden be seen again; where that is not possible, its ten seconds pass."""


@contextmanager
def azure() -> Iterator[WaitingQueue]:
    with fake_azure() as made:
        yield WaitingQueue(
            {"service": "azure", "url": made.url, "poll_interval": "1s"},
            {"AZURE_STORAGE_SAS_TOKEN": SIGNATURE},
            put=made.put,
            left=lambda: len(made.waiting),
            expire=made.expire,
        )


@contextmanager
def pubsub() -> Iterator[WaitingQueue]:
    with fake_pubsub() as made:
        yield WaitingQueue(
            {"service": "pubsub", "subscription": SUBSCRIPTION, "endpoint_url": made.endpoint},
            {},
            put=made.publish,
            left=lambda: len(made.waiting),
            expire=made.expire,
        )


@contextmanager
def sqs() -> Iterator[WaitingQueue]:
    with aws_account() as made:
        dead = made.new_queue("dead")
        policy = json.dumps({"deadLetterTargetArn": made.arn(dead), "maxReceiveCount": "8"})
        url = made.new_queue("longshore", RedrivePolicy=policy)
        yield WaitingQueue(
            {
                "url": url,
                "region": REGION,
                "endpoint_url": made.endpoint,
                "visibility_timeout": "10s",
            },
            ENVIRON,
            put=lambda body: made.send(url, body),
            left=lambda: made.left(url),
            given_up=lambda: made.left(dead),
        )


KINDS: Mapping[str, Callable[[], AbstractContextManager[WaitingQueue]]] = {
    "azure": azure,
    "pubsub": pubsub,
    "sqs": sqs,
}
