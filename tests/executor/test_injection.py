# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sender writes never becomes a template, an argument or a variable of Ansible.

Every source's hook of a real bridge gets its recorded bodies with hostile texts in every place,
each proven as its sender would; then one good push starts a real run, which copies all that it was
given. On every Python that the tests run on, so with each ansible-core.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import amazon
from tests.support.bodies import places, with_value
from tests.support.installation import Installation
from tests.support.publisher import Publisher, published
from tests.support.recorded import CASES
from tests.support.senders import Senders, hook_tables, post
from tests.support.sending import PAYLOADS
from tests.support.tag_registry import tag_registry
from tests.support.waiting import wait_for
from webhook_bridge.executor import runner
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import deliveries, runs
from webhook_bridge.web import create_app

pytestmark = pytest.mark.matrix

DIGEST = "sha256:" + "1" * 64
MARK = "smuggled-in"
MAGIC = dict.fromkeys(
    ("ansible_connection", "ansible_ssh_common_args", "app", "longshore_hosts", "hosts"), MARK
)


def hostile(trace: Path) -> list[str]:
    """Return texts that leave a trace where anything runs them."""
    touch = f"touch {trace}-{MARK}"
    override = "#jinja2: variable_start_string:'[%', variable_end_string:'%]'"
    return [
        f"{{{{ lookup('ansible.builtin.pipe', '{touch}') }}}}",
        f"{{% if lookup('ansible.builtin.pipe', '{touch}') %}}x{{% endif %}}",
        f"{override}\n[% lookup('ansible.builtin.pipe', '{touch}') %]",
        f"x; {touch}",
        f"$({touch})",
        f"--extra-vars=@{MARK}",
        f"@{MARK}",
        f"{MARK}\r\nansible_connection: local",
        f"!unsafe {MARK}",
    ]


def bodies(name: str, texts: list[str]) -> Iterator[Any]:
    """Give a recorded body with one text in each place of a text, by turns, and magic names."""
    body = json.loads((PAYLOADS / name).read_bytes())
    found = [way for way in places(body) if isinstance(_at(body, way), str)]
    for number, way in enumerate(found[:: 1 + len(found) // 20]):
        yield with_value(body, way, texts[number % len(texts)])
    yield body | MAGIC
    yield body | {"__ansible_vault": MARK, "__ansible_unsafe": MARK, texts[0]: texts[0]}


def _at(body: Any, way: tuple[Any, ...]) -> Any:
    for key in way:
        body = body[key]
    return body


def recording(folder: Path, temporary: Path) -> Path:
    """Write a playbook that keeps what its run was given, in `folder/given`."""
    copy = f"cp {temporary}/longshore-*/extra_vars.json {folder}/new"
    play = {
        "hosts": "h1",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable},
        "tasks": [
            {"ansible.builtin.file": {"path": f"{folder}/new", "state": "directory"}},
            {"ansible.builtin.shell": copy},
            {"ansible.builtin.command": {"argv": ["mv", f"{folder}/new", f"{folder}/given"]}},
            {"ansible.builtin.debug": {"msg": "{{ app }} {{ longshore_digest }}"}},
        ],
    }
    playbook = folder / "recording.yml"
    playbook.write_text(json.dumps([play]))
    return playbook


def undecided(bridge: Bridge) -> list[str]:
    with bridge.store.read() as connection:
        return [one.id for one in deliveries.latest(connection, limit=5000) if not one.verdict]


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder with a short path: in a long one a run makes no sockets, and takes another."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_nothing_that_a_sender_writes_reaches_ansible_but_what_was_checked(
    installation: Installation, tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "trace"
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(runner, "PLAYBOOK", str(recording(tmp_path, temporary)))
    amazon.pretend(monkeypatch)
    publisher = Publisher()
    with tag_registry(latest=DIGEST) as registry, published(publisher) as keys_url:
        installation.registry = registry.host
        installation.write_app("shop")
        installation.write_settings()
        with installation.file.open("a") as settings:
            settings.write("\n" + hook_tables(keys_url, {"generic": registry.host}))
        bridge = Bridge(installation.settings())
        bridge.start()
        try:
            senders = Senders(bridge.settings.hooks, publisher)
            client = create_app(bridge).test_client()
            texts = hostile(trace)
            for name, (source, headers, _) in CASES.items():
                sent = [senders.sent(source, body) for body in bodies(name, texts)]
                answers = {post(client, one, headers) for one in sent}
                assert answers == {202}, (name, answers)
            wait_for(lambda: not undecided(bridge), "every delivery is decided", seconds=60)
            good = {"image": f"{registry.host}/acme/shop", "tag": "latest", **MAGIC}
            assert post(client, senders.sent("generic", good), {"X-Vars": texts[0]}) == 202
            wait_for((tmp_path / "given").exists, "the run recorded what it got", seconds=60)
            wait_for(lambda: _ended(bridge), "the run has ended", seconds=60)
        finally:
            bridge.stop()

    given = json.loads((tmp_path / "given" / "extra_vars.json").read_text())
    assert given["app"] == {"__ansible_unsafe": "shop"}
    assert given["longshore_digest"] == {"__ansible_unsafe": DIGEST}
    assert all(name == "app" or name.startswith("longshore_") for name in given)
    kept = [*(tmp_path / "given").rglob("*"), *(installation.state / "runs").rglob("*")]
    assert [file for file in kept if file.is_file() and MARK in file.read_text()] == []
    assert list(tmp_path.glob("trace*")) == []


def _ended(bridge: Bridge) -> bool:
    with bridge.store.read() as connection:
        return all(one.ended_at is not None for one in runs.latest(connection, app=None, limit=9))
