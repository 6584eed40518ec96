# SPDX-License-Identifier: GPL-3.0-or-later
"""The client of Azure Storage Queue against Microsoft's emulator, which checks what is signed.

It is found by tests.support.azurite, or its `azurite-queue` by LONGSHORE_AZURITE.
"""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import pytest
import requests

from tests.support.azurite import azurite_queue
from tests.support.fake_azure import ACCOUNT
from tests.support.installation import free_port
from tests.support.waiting import wait_for
from webhook_bridge.queues import QueueUnavailable
from webhook_bridge.queues.azure import AzureTable
from webhook_bridge.queues.azure_client import AzureQueue
from webhook_bridge.queues.azure_credentials import VERSION, AccountKey

# The key of every emulator, as Microsoft documents it.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = azurite_queue()
    if program is None:
        pytest.skip("neither azurite-queue nor npm, which would install it, is there")
    folder, port = tmp_path_factory.mktemp("azurite"), str(free_port())
    options = ("--queueHost", "127.0.0.1", "--queuePort", port, "--location", str(folder))
    process = subprocess.Popen([program, *options, "--skipApiVersionCheck", "--silent"])
    address = f"http://127.0.0.1:{port}/{ACCOUNT}"

    def answers() -> bool:
        try:
            return bool(requests.get(address, timeout=5).status_code)
        except requests.RequestException:
            return False

    try:
        wait_for(answers, "Azurite answers", seconds=120)
        yield address
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def queue(endpoint: str, tmp_path: Path) -> AzureQueue:
    file = tmp_path / "key"
    file.write_text(KEY)
    table = AzureTable(service="azure", url=f"{endpoint}/longshore", credential_file=file)
    made = table.open()
    assert isinstance(made, AzureQueue)
    for method in ("DELETE", "PUT"):
        made._ask(method, "", {}, also=("QueueNotFound",))
    return made


def put(queue: AzureQueue, text: str) -> None:
    """Put a message in, as Event Grid does."""
    encoded = base64.b64encode(text.encode()).decode()
    body = f"<QueueMessage><MessageText>{encoded}</MessageText></QueueMessage>"
    request = requests.Request("POST", f"{queue._url}/messages", data=body)
    request.headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": VERSION}
    prepared = request.prepare()
    AccountKey(ACCOUNT, base64.b64decode(KEY)).apply(prepared)
    with requests.Session() as session:
        session.send(prepared, timeout=30).raise_for_status()


def test_messages_are_received_hidden_given_back_and_deleted(queue: AzureQueue) -> None:
    put(queue, '{"a": 1}')

    queue.look()
    [message] = queue.receive()
    queue.hide([message])
    queue.give_back([message])
    [again] = queue.receive()

    assert (again.id, again.body, again.times_received) == (message.id, b'{"a": 1}', 2)
    with pytest.raises(QueueUnavailable, match="PopReceiptMismatch: 1 of 1"):
        queue.delete([message])
    queue.give_back([again])
    [last] = queue.receive()
    queue.delete([last])
    queue.delete([last])


def test_a_queue_that_does_not_exist_is_named_in_the_services_words(queue: AzureQueue) -> None:
    queue._ask("DELETE", "", {})

    with pytest.raises(QueueUnavailable, match="QueueNotFound: The specified queue does not exist"):
        queue.look()
