# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile requests at a hook of every source: no fault, no run, only documented answers.

A real `longshore serve` gets them over the wire, one connection each, with and without the proof of
the source's sender. Each source has an app that a good push releases; what is hostile is almost
such a push. docs/receiving.md has the answers.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support import amazon, serving
from tests.support.forgeries import forgeries
from tests.support.hostile_bodies import misshapen, near_misses, unreadable
from tests.support.hostile_heads import wrong_heads
from tests.support.installation import Installation
from tests.support.publisher import Publisher, published
from tests.support.pushes import push, registry_of
from tests.support.senders import Senders, hook_tables
from tests.support.served_with_our_amazon import CERTIFICATE
from tests.support.tag_registry import TagRegistry, tag_registry
from tests.support.waiting import wait_for
from tests.support.wire import CLOSED, Answer, Case, ask, raw
from webhook_bridge.domain.deliveries import Delivery
from webhook_bridge.domain.verdicts import VERDICTS
from webhook_bridge.sources import SOURCES
from webhook_bridge.store import Store, deliveries, releases, runs

DIGEST = "sha256:" + "1" * 64
DOCUMENTED = {CLOSED, 202, 400, 401, 404, 405, 413, 414, 415, 421, 429, 431, 503, 505}
ROOT = Path(__file__).parents[2]
FEWEST = 150


@dataclass
class Attacked:
    """A bridge, those who may send to it, and how it answers at hooks that it does not have."""

    installation: Installation
    senders: Senders
    registry: TagRegistry
    store: Store
    strangers: dict[int, Answer]

    @property
    def log(self) -> str:
        return (self.installation.folder / "log").read_text()

    def stored(self, hook: str) -> list[Delivery]:
        with self.store.read() as connection:
            every = deliveries.latest(connection, limit=10_000)
        return [one for one in every if one.hook == hook]

    def caused(self, app: str) -> tuple[list[str | None], int]:
        """Return the deliveries behind an app's releases, and the number of its runs."""
        with self.store.read() as connection:
            made = releases.latest(connection, app, limit=99)
            started = runs.latest(connection, app=app, limit=99)
        return [one.delivery_id for one in made], len(started)

    def asked_for(self, app: str) -> bool:
        """Say whether the registry was asked for an app's image."""
        assert self.registry.server is not None
        return any(f"/acme/{app}/" in one.path for one in self.registry.server.asked)

    def ask(self, case: Case) -> Answer:
        return ask(self.installation.port, case.sent, finish=case.finish)


def settings(registry: str, keys_url: str) -> str:
    """Return a hook for each source, and one registry that answers for all of theirs."""
    mirrored = {registry_of(source) for source in SOURCES}
    tables = [f'[registries."{host}"]\nmirrors = ["{registry}"]' for host in sorted(mirrored)]
    quiet = '[poll]\nevery = "off"\n[reconcile]\nevery = "off"'
    hooks = hook_tables(keys_url, {"nexus": registry_of("nexus")})
    return "\n".join([quiet, *tables, hooks])


def prepare(installation: Installation, registry: str, keys_url: str) -> None:
    installation.registry = registry
    installation.write_settings("concurrent_runs = 1")
    text = installation.file.read_text() + "\n" + settings(registry, keys_url)
    proxied = '[server]\n            trusted_proxies = ["127.0.0.1"]'
    installation.file.write_text(text.replace("[server]", proxied))
    apps = {
        source: {"image": f"{registry_of(source)}/acme/{source}", "hosts": "web"}
        for source in SOURCES
    }
    installation.apps_file.write_text(json.dumps({"apps": apps}))


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    folder: Path = tmp_path_factory.mktemp("attacked")
    (folder / "t").mkdir()
    certificate = folder / "amazon.pem"
    certificate.write_bytes(amazon.certificate())
    installation, publisher = Installation(folder), Publisher()
    environ = {CERTIFICATE: str(certificate), "PYTHONPATH": str(ROOT), "TMPDIR": str(folder / "t")}
    command = [sys.executable, "-m", "tests.support.served_with_our_amazon"]
    with (
        pytest.MonkeyPatch.context() as patched,
        tag_registry(latest=DIGEST) as registry,
        published(publisher) as keys_url,
    ):
        patched.setattr(serving, "COMMAND", command)
        prepare(installation, registry.host, keys_url)
        with serving.serving(installation, **environ) as process:
            store = Store(installation.state / "longshore.db")
            senders = Senders(installation.settings().hooks, publisher)
            nobody = {
                404: ask(installation.port, raw("/hooks/nobody/x", {}, b"{}")),
                401: ask(installation.port, raw("/hooks/nobody", {}, b"{}")),
            }
            yield Attacked(installation, senders, registry, store, nobody)
            assert process.poll() is None
            store.close()


def proven(attacked: Attacked, source: str, body: dict[str, Any]) -> Iterator[Case]:
    """Give what the source's own sender might send, were it in a stranger's hands."""
    sender, senders = attacked.senders.hooks[source].sender, attacked.senders
    sent = senders.sent(source, push(source, "acme/nobody", "latest"))
    yield from wrong_heads(sent, sender)
    for what, strange in [*near_misses(source, f"acme/{source}", "latest"), *misshapen(source)]:
        one = senders.sent(source, strange)
        yield Case(what, raw(one.target, one.proof, one.body), (202,))
    # Amazon's proof is inside the message: one that cannot be read is a stranger's.
    refused = (401, 429) if source == "sns" else (202 if sender.always_accepts else 400,)
    for what, data in unreadable(senders.sent(source, body).body).items():
        one = senders.sent_bytes(source, data)
        yield Case(what, raw(one.target, one.proof, one.body), refused)


def problem(case: Case, answer: Answer) -> str:
    """Return what is wrong with an answer; empty if it is as documented."""
    shown = f"{case.what}: {answer.status} {answer.body[:200]!r}"
    if answer.status not in case.statuses or answer.status not in DOCUMENTED:
        return f"{shown}, not one of {case.statuses}"
    if answer.status == CLOSED:
        return ""
    keys = {"delivery", "verdict", "status"} if answer.status == 202 else {"error", "message"}
    return "" if set(json.loads(answer.body)) == keys else shown


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_no_hostile_request_makes_a_fault_or_a_run(attacked: Attacked, source: str) -> None:
    body = push(source, f"acme/{source}", "latest")
    unproven = list(forgeries(attacked.senders, source, body))
    cases = [*unproven, *proven(attacked, source, body)]
    answers = [attacked.ask(case) for case in cases]

    problems = [one for one in map(problem, cases, answers) if one]
    assert not problems, "\n".join(problems)
    assert len(cases) >= FEWEST
    for case, answer in zip(unproven, answers, strict=False):
        assert answer == attacked.strangers[answer.status], case.what
    taken = [json.loads(one.body)["delivery"] for one in answers if one.status == 202]
    wait_for(lambda: all(one.verdict for one in attacked.stored(source)), "the verdicts")
    assert sorted(one.id for one in attacked.stored(source)) == sorted(taken)
    assert {one.verdict for one in attacked.stored(source)} <= set(VERDICTS)
    assert attacked.caused(source) == ([], 0)
    assert not attacked.asked_for(source)
    assert "Traceback" not in attacked.log
    assert_takes_a_good_push(attacked, source, body)


def assert_takes_a_good_push(attacked: Attacked, source: str, body: dict[str, Any]) -> None:
    good = attacked.senders.sent(source, body)
    answer = attacked.ask(Case("good", raw(good.target, good.proof, good.body), (202,)))

    assert answer.status == 202
    wait_for(lambda: all(one.verdict for one in attacked.stored(source)), "the verdict")
    identifier = json.loads(answer.body)["delivery"]
    [decided] = [one for one in attacked.stored(source) if one.id == identifier]
    assert decided.verdict == "released", decided.detail
    assert attacked.caused(source)[0] == [identifier]
    assert attacked.asked_for(source)
