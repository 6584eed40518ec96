# SPDX-License-Identifier: GPL-3.0-or-later
"""Installations that the commands are asked about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.app_rows import change_app
from tests.support.commands import V1
from tests.support.installation import Installation
from tests.support.tag_registry import TagRegistry, tag_registry
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.domain.outcomes import Outcome
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.state_folder import RunFiles
from webhook_bridge.store import deliveries, releases, runs
from webhook_bridge.store.database import open_store


@pytest.fixture
def registry() -> Iterator[TagRegistry]:
    with tag_registry(latest=V1) as running:
        yield running


@pytest.fixture
def served(tmp_path: Path, registry: TagRegistry) -> Installation:
    """An installation whose registry answers."""
    folder = tmp_path / "longshore"
    folder.mkdir()
    return Installation(folder, registry=registry.host)


@pytest.fixture
def filled(installation: Installation) -> str:
    """One delivery and one failed run; the run's id."""
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        identifier = deliveries.add(
            connection, NewDelivery("hub", "dockerhub", "::1", {}, b"{}", 1.0)
        )
        deliveries.decide(connection, identifier, code="no_app", detail="no app uses it", now=2.0)
        new = NewRelease("shop", "r/acme/shop", "latest", V1, "deploy", "me")
        release = releases.desire(connection, new, now=1.0)
        run = runs.start(connection, NewRun("shop", release.id, 1, 1, "deploy", ()), now=2.0)
        log = ("address in use", "\x1b[2Jgone")
        failed = Outcome("h1", "failed", "switch", "port taken", V1, log=log)
        runs.add_outcomes(connection, run.id, [failed])
        runs.finish(connection, run.id, state="failed", reason="h1: port taken", now=3.0)
        change_app(connection, "shop", applied_generation=1)
    store.close()
    files = RunFiles.of(installation.state, run.id)
    files.folder.mkdir(parents=True)
    files.log.write_text("TASK [Stage]\nok: [h1]\n")
    return run.id
