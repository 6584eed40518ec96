# SPDX-License-Identifier: GPL-3.0-or-later
"""A bridge whose registry answers, and its API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.support.installation import TOKEN, Installation
from tests.support.tag_registry import TagRegistry, tag_registry
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.domain.outcomes import Outcome
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.state_folder import RunFiles
from webhook_bridge.store import deliveries, releases, runs
from webhook_bridge.web import create_app

V1, V2 = (f"sha256:{digit * 64}" for digit in "12")


@pytest.fixture
def registry() -> Iterator[TagRegistry]:
    with tag_registry(**{"latest": V1, "2.0": V2, V2: V2}) as running:
        yield running


@pytest.fixture
def bridge(tmp_path: Path, registry: TagRegistry) -> Iterator[Bridge]:
    folder = tmp_path / "longshore"
    folder.mkdir()
    made = Bridge(Installation(folder, registry=registry.host).settings())
    yield made
    made.store.close()
    made._lock.release()


@pytest.fixture
def client(bridge: Bridge) -> FlaskClient:
    return create_app(bridge).test_client()


@pytest.fixture
def api(bridge: Bridge) -> FlaskClient:
    client = create_app(bridge).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    return client


@pytest.fixture
def run_id(bridge: Bridge) -> str:
    """One delivery, and a run that updated one host and failed on another."""
    with bridge.store.write() as connection:
        deliveries.add(connection, NewDelivery("hub", "dockerhub", "::1", {}, b"{}\xff", 1.0))
        new = NewRelease("shop", "r/acme/shop", "latest", V1, "deploy", "me")
        release = releases.desire(connection, new, now=1.0)
        run = runs.start(connection, NewRun("shop", release.id, 1, 1, "deploy", ()), now=2.0)
        outcome = Outcome("h1", "failed", "switch", "port taken", V1, log=("a", "b"))
        runs.add_outcomes(connection, run.id, [outcome])
        runs.finish(connection, run.id, state="failed", reason="h1: port taken", now=3.0)
    log = RunFiles.of(bridge.settings.state_dir, run.id).log
    log.parent.mkdir(parents=True)
    log.write_bytes(b"TASK [Stage]\n\xff<script>\n")
    return run.id
