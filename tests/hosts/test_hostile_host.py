# SPDX-License-Identifier: GPL-3.0-or-later
"""One host under an attacker, and an image of one: what a real bridge makes of them."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fleet import images
from fleet.bridge import Bridge, app
from fleet.fleet import Fleet
from fleet.inventory import interpreter
from fleet.observe import every_host_runs, served
from tests.support.hostile_python import HostilePython

pytestmark = pytest.mark.fleet

CANARY = {"serial": [1, "100%"]}
EVIL = """\
- name: Do as the attacker likes
  ansible.builtin.file: {path: "%s", state: touch, mode: "0600"}
  delegate_to: localhost
"""


@pytest.fixture
def bridge(fleet: Fleet, tmp_path: Path) -> Iterator[Bridge]:
    bridge = Bridge(tmp_path, fleet)
    bridge.start()
    bridge.notify()
    yield bridge
    bridge.kill()


def take_over(bridge: Bridge, host: str) -> HostilePython:
    """Have every module on the host run by the attacker's Python."""
    python = HostilePython(bridge.folder, host, python=str(interpreter()))
    bridge.set_variables(host, ansible_python_interpreter=str(python.path))
    return python


def event(file: Path) -> str:
    """Return what ansible-runner takes for an event, whose data it then deletes."""
    data = json.dumps({"uuid": "/../" * 12 + str(file).removesuffix("-partial.json")})
    text = base64.b64encode(data.encode()).decode()
    return f"\x1b[K{text}\x1b[{len(text)}D\x1b[K"


def log_of(bridge: Bridge, settled: dict[str, Any]) -> str:
    run = settled["last_run"]["id"]
    return (bridge.folder / "state/runs" / run / "log").read_text(encoding="utf-8")


def test_a_host_that_forges_facts_and_events_owns_itself_alone(
    bridge: Bridge, fleet: Fleet
) -> None:
    bridge.declare(shop=app(fleet, rollout=CANARY))
    canary, trace = bridge.folder / "canary-partial.json", bridge.folder / "trace"
    canary.write_text("x")
    evil = bridge.folder / "evil.yml"
    evil.write_text(EVIL % trace)
    forged = {
        "apps": {"shop": app(fleet, "acme/other", rollout={"serial": "100%"})},
        "docker_container_before_switch": str(evil),
        "docker_container_after_switch": str(evil),
        "longshore_rollout": {"failure_budget": "100%"},
    }
    python = take_over(bridge, "h1")
    text = event(canary)
    python.answer(ansible_facts=forged, warnings=[text], msg=text, deprecations=[{"msg": text}])

    digest = fleet.registry.push("acme/shop", "latest", images.healthy("1"))
    settled = bridge.wait_until_settled(digest)

    assert settled["state"] == "succeeded", log_of(bridge, settled)
    assert python.answers >= 3
    assert every_host_runs(fleet, digest)
    assert not trace.exists()
    assert canary.exists()
    assert "\x1b" not in log_of(bridge, settled)


@pytest.mark.nightly
def test_an_image_whose_user_is_an_event_ends_no_run(bridge: Bridge, fleet: Fleet) -> None:
    bridge.declare(shop=app(fleet, rollout=CANARY))
    canary = bridge.folder / "canary-partial.json"
    canary.write_text("x")
    good = fleet.registry.push("acme/shop", "latest", images.healthy("1"))
    bridge.wait_until_settled(good)

    bad = fleet.registry.push("acme/shop", "latest", images.as_user("2", event(canary)))
    settled = bridge.wait_until_settled(bad)

    assert settled["state"] in ("failed", "restored")
    assert [run["state"] for run in bridge.runs()].count("interrupted") == 0
    assert bridge.app()["held"] == {}, "no container of it was started: no verdict on the image"
    assert [served(host) for host in fleet.hosts] == ["version 1"] * len(fleet.hosts)
    assert canary.exists()
    assert "\x1b" not in log_of(bridge, settled)
