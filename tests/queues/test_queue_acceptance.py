# SPDX-License-Identifier: GPL-3.0-or-later
"""A real bridge whose only way in is a queue: what comes out of it is on disk before it is gone."""

from __future__ import annotations

import http.client
import json
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.aws_account import ENVIRON, REGION, Account
from tests.support.installation import Installation
from tests.support.queued import DIGEST, EVENT, NOBODYS, Queued
from tests.support.serving import TARGET, status_of
from tests.support.tag_registry import tag_registry
from tests.support.waiting import wait_for
from webhook_bridge.domain.deliveries import Rejected
from webhook_bridge.store import Store, rejected

GARBAGE = "\N{SNOWMAN} this is no JSON"
_LISTENS = "0A"


@dataclass
class SqsQueued(Queued):
    """One whose queue is of an account."""

    account: Account
    url: str

    def send(self, body: str = EVENT) -> str:
        return self.account.send(self.url, body)

    def wait_until_empty(self) -> None:
        wait_for(lambda: self.account.left(self.url) == 0, "it is empty", seconds=60, pause=0.1)


@pytest.fixture
def queued(tmp_path: Path, account: Account, request: pytest.FixtureRequest) -> Iterator[SqsQueued]:
    url = account.new_queue(request.node.name[-60:])
    keys = {"url": url, "region": REGION, "endpoint_url": account.endpoint}
    with tag_registry(latest=DIGEST) as registry:
        installation = Installation(tmp_path, registry=registry.host)
        made = SqsQueued(installation, keys, ENVIRON, account, url)
        made.write_settings()
        yield made


def sockets_of(process: subprocess.Popen[str]) -> set[str]:
    """Return the addresses at which a process listens, as the kernel writes them."""
    folder = Path("/proc") / str(process.pid)
    mine = {str(link.readlink()) for link in (folder / "fd").iterdir()}
    lines = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in (folder / "net" / table).read_text().splitlines()[1:]
    ]
    return {line[1] for line in lines if line[3] == _LISTENS and f"socket:[{line[9]}]" in mine}


def test_a_push_in_the_queue_is_released_and_no_socket_beyond_loopback_is_open(
    queued: SqsQueued,
) -> None:
    with queued.serving() as process:
        name = queued.send()
        [delivery] = queued.decided(1)
        queued.wait_until_empty()
        sockets = sockets_of(process)
        over_http = status_of(queued.installation, TARGET, EVENT.encode())

    assert (delivery.verdict, delivery.hook) == ("released", "hub")
    assert delivery.remote.startswith("sqs:")
    assert delivery.headers["Longshore-Message-Id"] == name
    assert [one.delivery_id for one in queued.released()] == [delivery.id]
    assert sockets == {f"0100007F:{queued.installation.port:04X}"}
    assert over_http == 404


def test_a_process_that_dies_between_storing_and_deleting_gets_it_again_for_one_release(
    queued: SqsQueued,
) -> None:
    queued.write_settings(visibility_timeout="10s")
    name = queued.send()
    with queued.serving(LONGSHORE_CRASH_AT="after_commit") as process:
        assert process.wait(60) == -signal.SIGKILL
    left = queued.account.left(queued.url)
    with queued.serving():
        first, second = queued.decided(2)
        queued.wait_until_empty()

    assert left == 1
    assert [one.headers["Longshore-Message-Id"] for one in (first, second)] == [name, name]
    assert (first.verdict, second.verdict) == ("released", "duplicate")
    assert second.detail is not None
    assert f"repeats delivery {first.id}" in second.detail
    assert [one.delivery_id for one in queued.released()] == [first.id]


def test_nothing_is_deleted_while_the_store_is_locked_and_all_is_stored_after_that(
    queued: SqsQueued,
) -> None:
    with queued.serving():
        other = sqlite3.connect(
            queued.installation.state / "longshore.db", isolation_level=None, timeout=30
        )
        other.execute("BEGIN EXCLUSIVE")
        for _ in range(12):
            queued.send(NOBODYS)
        # Its database waits for 5 s before it says so.
        wait_for(lambda: "hook hub: sqs:" in queued.log.partition("come through")[2], "it is said")
        left = queued.account.left(queued.url)
        other.execute("ROLLBACK")
        other.close()
        found = queued.decided(12)
        queued.wait_until_empty()

    assert left == 12
    assert len({one.headers["Longshore-Message-Id"] for one in found}) == 12


def test_what_cannot_be_read_gets_its_verdict_and_is_deleted(queued: SqsQueued) -> None:
    queued.send(GARBAGE)
    with queued.serving():
        [delivery] = queued.decided(1)
        queued.wait_until_empty()

    assert delivery.verdict == "malformed"
    assert delivery.body == GARBAGE.encode()


def test_what_a_rule_of_eventbridge_matches_comes_through(queued: SqsQueued) -> None:
    events = queued.account.client("events")
    events.put_rule(Name="ecr", EventPattern='{"source": ["aws.ecr"]}')
    events.put_targets(Rule="ecr", Targets=[{"Id": "queue", "Arn": queued.account.arn(queued.url)}])
    entry = {
        "Source": "aws.ecr",
        "DetailType": "ECR Image Action",
        "Detail": '{"action-type": "PUSH", "image-tag": "1.0"}',
    }
    with queued.serving():
        events.put_events(Entries=[entry])
        [delivery] = queued.decided(1)
        queued.wait_until_empty()

    body = json.loads(delivery.body)
    assert (body["source"], body["detail"]["image-tag"]) == ("aws.ecr", "1.0")


def test_what_a_topic_gets_comes_through_with_raw_delivery_on_and_off(queued: SqsQueued) -> None:
    sns, arn = queued.account.client("sns"), queued.account.arn(queued.url)
    topics = [sns.create_topic(Name=name)["TopicArn"] for name in ("wrapped", "raw")]
    for topic, raw in zip(topics, ("false", "true"), strict=True):
        attributes = {"RawMessageDelivery": raw}
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)
    values = {"X-Sent-By": {"DataType": "String", "StringValue": "ci"}}
    with queued.serving():
        for topic in topics:
            sns.publish(TopicArn=topic, Message=NOBODYS, MessageAttributes=values)
        found = queued.decided(2)
        queued.wait_until_empty()

    assert {one.body for one in found} == {NOBODYS.encode()}
    assert {one.headers["X-Sent-By"] for one in found} == {"ci"}
    assert {one.headers.get("X-Amz-Sns-Topic-Arn") for one in found} == {topics[0], None}
    assert {one.verdict for one in found} == {"tag_not_tracked"}


def test_a_bridge_that_is_told_to_end_does_not_wait_for_a_long_poll_and_loses_nothing(
    queued: SqsQueued,
) -> None:
    queued.write_settings(visibility_timeout="10s")
    with queued.serving() as process:
        queued.send(NOBODYS)
        queued.decided(1)
        queued.wait_until_empty()
        with queued.account.frozen():  # what is asked now is never answered
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
    queued.send(NOBODYS)
    with queued.serving():
        assert len(queued.decided(2)) == 2


def test_a_queue_that_cannot_be_read_makes_it_not_ready_and_is_read_once_it_can_be(
    queued: SqsQueued,
) -> None:
    missing = queued.url + "-later"
    queued.write_settings(url=missing)
    with queued.serving():
        wait_for(lambda: status_of(queued.installation, "/readyz") == 503, "it is not ready")
        assert queued.account.new_queue(missing.rpartition("/")[2]) == missing
        wait_for(
            lambda: status_of(queued.installation, "/readyz") == 200, "it is ready", seconds=60
        )
        queued.account.send(missing, NOBODYS)
        [delivery] = queued.decided(1)

    assert delivery.verdict == "tag_not_tracked"
    assert "does not exist" in queued.log
    assert not any(secret in queued.log for secret in ENVIRON.values() if "EXAMPLE" in secret)


def test_what_shows_no_secret_is_kept_among_the_refused_and_deleted(queued: SqsQueued) -> None:
    queued.write_settings(proof="hook")
    secret = (queued.installation.folder / "hub").read_text()
    variables = {"LONGSHORE_HOOKS_HUB_SECRET": secret}
    with queued.serving(**variables):
        queued.send(NOBODYS)
        queued.account.send(queued.url, NOBODYS, Authorization=f"Bearer {secret}")
        [delivery] = queued.decided(1)
        queued.wait_until_empty()
        [note] = wait_for(lambda: refused(queued), "it is kept")
        over_http = status_with(queued, secret)

    assert over_http == 401  # as for a hook that there is not: this one has no URL
    assert delivery.headers["Authorization"] == "<redacted>"
    assert (note.hook, note.code, note.remote) == ("hub", "unauthorized", delivery.remote)
    assert secret not in queued.log


def status_with(queued: SqsQueued, secret: str) -> int:
    """Return how the hook's URL answers a request that shows its secret."""
    connection = http.client.HTTPConnection("127.0.0.1", queued.installation.port, timeout=30)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    connection.request("POST", "/hooks/hub", NOBODYS, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def refused(queued: SqsQueued) -> list[Rejected]:
    store = Store(queued.installation.state / "longshore.db")
    with store.read() as connection:
        found = rejected.latest(connection, limit=9)
    store.close()
    return found
