# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure Storage Queue over REST, against a server that answers as its reference says."""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from pydantic import ValidationError

from tests.support.fake_azure import ACCOUNT, SIGNATURE, FakeAzure, fake_azure
from tests.support.fake_registry import Asked, Says, fake_registry
from webhook_bridge.queues import Queue, QueueUnavailable
from webhook_bridge.queues.azure import AzureTable
from webhook_bridge.queues.azure_credentials import AccountKey, ManagedIdentity, find_credential

URL = "https://acme.queue.core.windows.net/longshore"
KEY = base64.b64encode(b"a key of the account, 64 bytes long in real").decode()


@pytest.fixture
def azure() -> Iterator[FakeAzure]:
    with fake_azure() as made:
        yield made


def table(**keys: Any) -> AzureTable:
    return AzureTable.model_validate({"service": "azure", "url": URL, **keys})


@pytest.fixture
def queue(azure: FakeAzure, monkeypatch: pytest.MonkeyPatch) -> Queue:
    monkeypatch.setenv("AZURE_STORAGE_SAS_TOKEN", f"?{SIGNATURE}")
    return table(url=azure.url).open()


@pytest.mark.parametrize("encoded", [True, False])
def test_a_message_comes_decoded_and_stays_until_deleted(
    azure: FakeAzure, queue: Queue, *, encoded: bool
) -> None:
    identifier = azure.put('{"a": "ä<&"}', encoded=encoded)

    [message] = queue.receive()

    assert (message.id, message.body) == (identifier, '{"a": "ä<&"}'.encode())
    assert (message.headers, message.times_received) == ({}, 1)
    assert message.sent_at == pytest.approx(1_796_040_000)
    assert [one.free_at for one in azure.waiting] == [120.0]
    queue.delete([message])
    assert azure.waiting == []


def test_a_message_whose_timeout_has_passed_or_that_is_given_back_comes_again(
    azure: FakeAzure, queue: Queue
) -> None:
    identifier = azure.put("{}")

    queue.receive()
    azure.expire()
    [again] = queue.receive()
    queue.give_back([again])
    [once_more] = queue.receive()

    assert (again.id, once_more.id) == (identifier, identifier)
    assert once_more.times_received == 3


def test_a_message_that_was_hidden_for_longer_is_deleted_by_its_newest_receipt(
    azure: FakeAzure, queue: Queue
) -> None:
    azure.put("{}")
    [message] = queue.receive()

    azure.clock = 100.0
    queue.hide([message])
    queue.hide([message])
    assert [one.free_at for one in azure.waiting] == [220.0]
    queue.delete([message])

    assert azure.waiting == []


def test_one_that_was_handed_out_anew_is_left_and_the_others_are_deleted(
    azure: FakeAzure, queue: Queue
) -> None:
    for number in range(3):
        azure.put(str(number))
    messages = queue.receive()
    azure.waiting[0].receipt = "of another"

    with pytest.raises(QueueUnavailable, match="PopReceiptMismatch: 1 of 3 messages"):
        queue.delete(messages)

    assert [one.id for one in azure.waiting] == [messages[0].id]


def test_one_that_is_deleted_already_is_no_trouble(azure: FakeAzure, queue: Queue) -> None:
    azure.put("{}")
    messages = queue.receive()

    queue.delete(messages)
    queue.delete(messages)

    assert azure.waiting == []


def test_an_empty_queue_is_looked_into_again_after_a_pause_and_is_no_error(
    azure: FakeAzure, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("webhook_bridge.queues.azure_client.time.sleep", pauses.append)
    monkeypatch.setattr(
        "webhook_bridge.queues.azure_client.time.monotonic", lambda: 2.0 * len(pauses)
    )

    assert queue.receive() == []
    assert pauses == [2.0] * 10
    assert azure.asked == ["GET"] * 11


def test_looking_at_a_queue_takes_nothing_from_it(azure: FakeAzure, queue: Queue) -> None:
    azure.put("{}")

    queue.look()

    assert [one.times for one in azure.waiting] == [0]


def test_a_refusal_is_told_in_the_services_own_words_and_no_signature_is_in_it(
    azure: FakeAzure, queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    azure.error = (403, "AuthorizationPermissionMismatch", "not authorized by this permission.")

    with caplog.at_level(logging.INFO), pytest.raises(QueueUnavailable) as caught:
        queue.look()

    said = "AuthorizationPermissionMismatch: not authorized by this permission."
    assert str(caught.value) == said
    assert azure.authorizations == ["EXAMPLE+signature="]
    assert "EXAMPLE" not in caplog.text


def test_a_service_that_nobody_answers_for_is_unavailable_and_no_signature_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AZURE_STORAGE_SAS_TOKEN", SIGNATURE)

    with pytest.raises(QueueUnavailable, match="Connection refused") as caught:
        table(url=f"http://127.0.0.1:1/{ACCOUNT}/longshore").open().look()

    assert "EXAMPLE" not in str(caught.value)


def test_an_answer_that_is_no_xml_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_SAS_TOKEN", SIGNATURE)
    with fake_registry(lambda _: Says(200, body=b"<html>")) as server:
        queue = table(url=f"http://{server.host}/{ACCOUNT}/longshore").open()

        with pytest.raises(QueueUnavailable, match="is not XML"):
            queue.receive()


def test_credentials_that_were_replaced_are_used_after_a_refusal(
    azure: FakeAzure, tmp_path: Path
) -> None:
    file = tmp_path / "azure"
    file.write_text(SIGNATURE)
    queue = table(url=azure.url, credential_file=file).open()
    azure.error = (403, "AuthenticationFailed", "Signature not valid in the specified time frame")
    with pytest.raises(QueueUnavailable):
        queue.look()
    file.write_text(SIGNATURE.replace("EXAMPLE", "NEW"))
    azure.error = None

    queue.look()

    assert azure.authorizations == ["EXAMPLE+signature=", "NEW+signature="]


def test_a_key_signs_each_request_as_the_reference_says(
    azure: FakeAzure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_STORAGE_KEY", KEY)

    table(url=azure.url).open().look()

    assert azure.authorizations[0].startswith(f"SharedKey {ACCOUNT}:")
    assert KEY not in azure.authorizations[0]
    # The example of "Authorize with Shared Key", in the form of this service.
    request = requests.Request(
        "GET",
        "https://myaccount.queue.core.windows.net/q/messages",
        params={"visibilitytimeout": "5", "numofmessages": "1"},
        headers={"x-ms-version": "2015-02-21", "x-ms-date": "Fri, 26 Jun 2015 23:39:12 GMT"},
    ).prepare()
    assert AccountKey("myaccount", b"x")._text(request) == (
        "GET" + "\n" * 12 + "x-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n"
        "/myaccount/q/messages\nnumofmessages:1\nvisibilitytimeout:5"
    )


@pytest.mark.parametrize(("expires_in", "fetched"), [("3600", 1), ("-5", 1)])
def test_the_machines_identity_is_asked_for_a_token_and_it_is_kept(
    expires_in: str, fetched: int
) -> None:
    body = f'{{"access_token": "token-of-it", "expires_in": "{expires_in}"}}'.encode()
    asked: list[Asked] = []

    def answer(one: Asked) -> Says:
        asked.append(one)
        return Says(200, body=body)

    with fake_registry(answer) as server:
        identity = ManagedIdentity("client", endpoint=f"http://{server.host}/token")
        for _ in range(2):
            request = requests.Request("GET", URL).prepare()
            identity.apply(request)

    assert request.headers["Authorization"] == "Bearer token-of-it"
    assert len(asked) == fetched
    assert asked[0].headers["Metadata"] == "true"
    assert "client_id=client" in asked[0].path
    assert identity.until > time.time()


def test_a_machine_without_identity_says_which_credentials_there_could_be() -> None:
    identity = ManagedIdentity(endpoint="http://127.0.0.1:1/token")

    with pytest.raises(QueueUnavailable, match="neither credential_file, nor AZURE_STORAGE_SAS"):
        identity.apply(requests.Request("GET", URL).prepare())


def test_the_file_wins_over_the_environment_and_that_over_the_machine(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    environ = {"AZURE_STORAGE_SAS_TOKEN": SIGNATURE, "AZURE_STORAGE_KEY": KEY}

    assert isinstance(find_credential("acme", file, environ), AccountKey)
    assert "SharedAccess" in repr(find_credential("acme", None, environ))
    assert isinstance(find_credential("acme", None, {}), ManagedIdentity)
    assert "EXAMPLE" not in repr(find_credential("acme", None, environ))


def test_what_is_neither_a_signature_nor_a_key_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("not base64!")

    with pytest.raises(QueueUnavailable, match="must hold a shared access signature"):
        find_credential("acme", file, {})
    file.unlink()
    with pytest.raises(QueueUnavailable, match="cannot be read"):
        find_credential("acme", file, {})


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"url": "longshore"}, "must be an address"),
        ({"url": "https://acme.queue.core.windows.net"}, "must name a queue"),
        ({"url": "https://acme.queue.core.windows.net/a/b"}, "must name a queue"),
        ({"url": "https://acme.queue.core.windows.net/Longshore"}, "must name a queue"),
        ({"url": f"{URL}?sig=x"}, "nothing after"),
        ({"url": "http://acme.queue.core.windows.net/longshore"}, "must start with https"),
        ({"visibility_timeout": "5s"}, "greater than or equal to 10"),
        ({"poll_interval": "0.1s"}, "must be a duration|greater than or equal to 1"),
        ({"credential_file": "/nowhere/at-all"}, "does not exist"),
        ({"key": "x"}, "not permitted"),
        ({"proof": "hook"}, "should be 'queue'"),
    ],
)
def test_a_table_that_is_wrong_is_refused(keys: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        table(**keys)


def test_the_account_is_the_first_part_of_the_host_or_of_an_emulators_path() -> None:
    assert (table().account, table().name) == ("acme", "azure:longshore")
    assert table(url=f"http://127.0.0.1:10001/{ACCOUNT}/longshore").account == ACCOUNT
