# SPDX-License-Identifier: GPL-3.0-or-later
"""What commands say of hooks whose deliveries come from a queue."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support.aws_account import ENVIRON
from tests.support.commands import as_json, longshore
from tests.support.fake_registry import FakeRegistry, Says, fake_registry
from tests.support.installation import Installation
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.executor.inventory import InventoryAnswer
from webhook_bridge.executor.option_rendering import RenderedApps
from webhook_bridge.store import deliveries
from webhook_bridge.store.database import open_store

# A command leaves its connections to the end of its process, which is not the test's end.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
ANSWER = InventoryAnswer({"shop": ["h1"]})


@pytest.fixture
def well_known_apps(monkeypatch: pytest.MonkeyPatch) -> None:
    # Asking Ansible takes seconds, and is not what is looked at here.
    monkeypatch.setattr("webhook_bridge.cli.check.ask_hosts", lambda *_: ANSWER)
    monkeypatch.setattr("webhook_bridge.cli.check.unknown_options", lambda *_: [])
    monkeypatch.setattr("webhook_bridge.cli.check.known_options", lambda _: None)
    monkeypatch.setattr("webhook_bridge.cli.check.render_apps", lambda *_: RenderedApps([]))


def write_queue(installation: Installation, *, listen: str, service: str, keys: str = "") -> str:
    """Give it one hook, whose queue is at a service; return the queue's URL."""
    url = "https://sqs.eu-west-1.amazonaws.com/123456789012/longshore"
    installation.file.write_text(
        f"""
        [server]
        listen = "{listen}"
        [hooks.images]
        source = "ecr"
        [hooks.images.queue]
        url = "{url}"
        endpoint_url = "http://{service}"
        {keys}
        """
    )
    return url


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRegistry]:
    """A service that has every queue."""
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    headers = {"Content-Type": "application/x-amz-json-1.0"}
    with fake_registry(lambda _: Says(200, headers, b'{"Attributes": {}}')) as made:
        yield made


@pytest.mark.usefixtures("well_known_apps")
def test_check_says_that_no_socket_is_open_where_only_queues_are(
    installation: Installation, sqs: FakeRegistry
) -> None:
    url = write_queue(installation, listen="127.0.0.1:8090", service=sqs.host)

    done = longshore("check", config=installation.file)

    assert done.returncode == 0, done.stderr
    assert f"hook images: ecr sends to the queue {url}" in done.stdout
    assert "no socket beyond loopback is open, only 127.0.0.1:8090" in done.stdout


@pytest.mark.usefixtures("well_known_apps")
def test_check_names_an_address_that_others_reach_and_no_hook_needs(
    installation: Installation, sqs: FakeRegistry
) -> None:
    write_queue(installation, listen="0.0.0.0:8090", service=sqs.host)

    done = longshore("check", config=installation.file)

    assert "note: others can reach 0.0.0.0:8090, and no hook needs that" in done.stdout
    assert "no socket beyond" not in done.stdout


@pytest.mark.usefixtures("well_known_apps")
def test_check_says_of_a_hook_with_a_url_nothing_about_sockets(
    installation: Installation, sqs: FakeRegistry
) -> None:
    keys = "http = true"
    url = write_queue(installation, listen="0.0.0.0:8090", service=sqs.host, keys=keys)
    text = installation.file.read_text().replace(
        'source = "ecr"', 'source = "ecr"\nsecret_file = "hub"'
    )
    installation.file.write_text(text)

    done = longshore("check", config=installation.file)

    assert done.returncode == 0, done.stderr
    line = f"calls /hooks/images with Authorization: Bearer SECRET or the queue {url}"
    assert line in done.stdout
    assert "no hook needs" not in done.stdout


@pytest.mark.usefixtures("well_known_apps")
def test_check_repeats_what_aws_says_of_a_queue_that_cannot_be_read(
    installation: Installation, sqs: FakeRegistry
) -> None:
    said = "User: arn:aws:iam::1:user/x is not authorized to perform: sqs:getqueueattributes"
    error = {"__type": "com.amazonaws.sqs#AccessDenied", "message": said}
    headers = {"Content-Type": "application/x-amz-json-1.0"}
    sqs.answer = lambda _: Says(403, headers, json.dumps(error).encode())
    url = write_queue(installation, listen="127.0.0.1:8090", service=sqs.host)

    done = longshore("check", config=installation.file)

    assert done.returncode == 2
    place = f"{installation.file}: hooks.images.queue: {url}"
    assert done.stderr == f"longshore: {place}: AccessDenied: {said}\n"


def test_a_hook_with_a_queue_alone_is_listed_with_its_queue_and_has_no_secret_to_replace(
    installation: Installation,
) -> None:
    url = write_queue(installation, listen="127.0.0.1:8090", service="127.0.0.1:1")

    [row] = as_json("hook", "list", config=installation.file)["hooks"]
    rotated = longshore("hook", "rotate", "images", config=installation.file)

    assert row["address"] == f"the queue {url}"
    assert "shares no secret" in rotated.stderr


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("github", "SECRET as its secret; it then signs with X-Hub-Signature-256"),
        ("dockerhub", "Longshore-Path-Secret: SECRET"),
    ],
)
def test_a_queue_whose_messages_show_the_hooks_secret_says_how(
    installation: Installation, source: str, shown: str
) -> None:
    keys = 'proof = "hook"'
    url = write_queue(installation, listen="127.0.0.1:8090", service="127.0.0.1:1", keys=keys)
    text = installation.file.read_text()
    text = text.replace('source = "ecr"', f'source = "{source}"\nsecret_file = "hub"')
    installation.file.write_text(text)

    [row] = as_json("hook", "list", config=installation.file)["hooks"]

    assert row["address"] == f"the queue {url}, as attributes of a message, with {shown}"


def test_no_command_is_shown_that_would_send_a_delivery_of_a_queue_to_a_url(
    installation: Installation,
) -> None:
    write_queue(installation, listen="127.0.0.1:8090", service="127.0.0.1:1")
    store = open_store(installation.state)
    with store.write() as connection:
        new = NewDelivery("images", "ecr", "sqs:longshore", {}, b"{}", 1.0)
        identifier = deliveries.add(connection, new)
    store.close()

    done = longshore("delivery", "--curl", identifier, config=installation.file)

    assert done.returncode != 0
    assert f"longshore redeliver {identifier}" in done.stderr
