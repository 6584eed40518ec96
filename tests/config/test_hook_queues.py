# SPDX-License-Identifier: GPL-3.0-or-later
"""Hooks with a queue: what proves a message, whether there is a URL, and what contradicts that."""

from __future__ import annotations

from pathlib import Path

import pytest

from webhook_bridge.config.hooks import Hook
from webhook_bridge.config.settings import load_settings
from webhook_bridge.errors import ConfigurationError

URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/longshore"
SECRET = "s" * 43


class Written:
    """Settings with these tables, beside what they need."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "longshore.toml"
        apps = folder / "inventory" / "group_vars" / "all" / "apps.yml"
        apps.parent.mkdir(parents=True)
        apps.write_text("apps: {}\n")
        (folder / "secret").write_text(SECRET)
        (folder / "secret").chmod(0o600)

    def hooks(self, text: str, **environ: str) -> dict[str, Hook]:
        self.file.write_text(text)
        return dict(load_settings(self.file, environ=environ).hooks)

    def problems(self, text: str, **environ: str) -> list[str]:
        with pytest.raises(ConfigurationError) as caught:
            self.hooks(text, **environ)
        return [line.removeprefix(f"{self.file}: ") for line in caught.value.problems]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path)


def hook(source: str = "github", keys: str = "", queue: str = "", *, name: str = "images") -> str:
    return f"""
        [hooks.{name}]
        source = "{source}"
        {keys}
        [hooks.{name}.queue]
        url = "{URL}"
        {queue}
        """


def test_a_hook_with_a_queue_needs_no_secret_and_has_no_url(written: Written) -> None:
    found = written.hooks(hook())["images"]

    assert found.sender.queue is not None
    assert found.sender.queue.place == URL
    assert found.secrets == ()
    assert not found.sender.over_http


@pytest.mark.parametrize(
    ("queue", "over_http"),
    [('proof = "hook"', False), ("http = true", True), ('proof = "hook"\nhttp = true', True)],
)
def test_a_secret_is_needed_where_a_message_or_a_request_has_to_show_it(
    written: Written,
    queue: str,
    over_http: bool,  # noqa: FBT001 -- a parameter of pytest
) -> None:
    with_secret = written.hooks(hook(keys='secret_file = "secret"', queue=queue))["images"]
    [problem] = written.problems(hook(queue=queue))

    assert with_secret.secrets == (SECRET.encode(),)
    assert with_secret.sender.over_http == over_http
    assert problem.startswith("hooks.images.secret_file: is required")


def test_a_secret_that_nothing_would_look_at_is_refused(written: Written) -> None:
    [problem] = written.problems(hook(keys='secret_file = "secret"'))

    assert problem.startswith("hooks.images.secret_file: has no meaning here: the queue's policy")
    assert 'queue.proof = "hook"' in problem
    assert "queue.http = true" in problem


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            hook(queue="url2 = 1"),
            "hooks.images.queue.url2: is not known here; allowed: endpoint_url",
        ),
        (hook(queue="http = 3"), "hooks.images.queue.http: "),
        (
            hook(queue='proof = "none"'),
            "hooks.images.queue.proof: Input should be 'queue' or 'hook'",
        ),
        (hook(queue='visibility_timeout = "soon"'), "hooks.images.queue.visibility_timeout: "),
        (
            hook(queue='service = "rabbit"'),
            "hooks.images.queue.service: 'rabbit' is not known; allowed: azure, pubsub, sqs",
        ),
        (hook(queue="service = 3"), "hooks.images.queue.service: 3 is not known"),
        ('[hooks.images]\nsource = "github"\nqueue = "x"', "hooks.images.queue: must be a table"),
        (
            '[hooks.images]\nsource = "github"\n[hooks.images.queue]',
            "hooks.images.queue.url: is req",
        ),
        (
            hook("sns", 'topics = ["arn:aws:sns:eu-west-1:123456789012:t"]'),
            "hooks.images.queue: a queue that subscribes to a topic takes the envelope off",
        ),
        (
            hook(
                "google",
                'audience = "https://a.example"\nservice_account = "a@b.iam.gserviceaccount.com"',
                'proof = "hook"',
            ),
            'hooks.images.queue.proof: "hook" is for senders that share a secret',
        ),
        (hook(keys='allow_from = ["10.0.0.0/8"]'), "hooks.images.allow_from: has no meaning here"),
        (
            hook() + hook(name="more"),
            "hooks.more.queue: is the queue of hook images already; give each hook a queue",
        ),
    ],
)
def test_what_contradicts_itself_is_named_by_file_and_key(
    written: Written, text: str, says: str
) -> None:
    [problem] = written.problems(text)

    assert problem.startswith(says)


PULLED = """
    [hooks.images]
    source = "google"
    [hooks.images.queue]
    service = "pubsub"
    subscription = "projects/acme-prod/subscriptions/longshore"
    """


def test_what_google_proves_itself_by_over_http_is_not_needed_where_it_is_pulled(
    written: Written,
) -> None:
    found = written.hooks(PULLED)["images"]
    problems = written.problems(PULLED + "http = true")

    assert not found.sender.over_http
    assert problems == [
        "hooks.images.audience: is required",
        "hooks.images.service_account: is required",
    ]


def test_a_subscription_without_the_extra_names_the_extra(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing_of_google(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("webhook_bridge.queues.base.find_spec", nothing_of_google)

    [problem] = written.problems(PULLED)

    assert problem.startswith("hooks.images.queue: needs the package google-auth, which is not")
    assert problem.endswith("pip install 'longshore[google]'")


def test_addresses_count_for_the_url_that_a_hook_has_besides(written: Written) -> None:
    keys = 'secret_file = "secret"\nallow_from = ["10.0.0.0/8"]'

    assert written.hooks(hook(keys=keys, queue="http = true"))["images"].sender.allows("10.1.2.3")


def test_a_queue_without_the_extra_names_the_extra(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhook_bridge.queues.base.find_spec", lambda _name: None)

    [problem] = written.problems(hook())

    assert problem.startswith("hooks.images.queue: needs the package boto3, which is not installed")
    assert problem.endswith("pip install 'longshore[aws]'")
