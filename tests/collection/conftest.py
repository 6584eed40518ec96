# SPDX-License-Identifier: GPL-3.0-or-later
"""The repository, and folders in which playbooks are run."""

import sys
from pathlib import Path

import pytest
from ansible_collections.longshore.containers.plugins.module_utils import _switch_trial

from tests.collection.clock import Clock
from tests.collection.playbook_runs import ROOT, Playbooks
from tests.collection.stand_ins import StandIns, four_hosts

__all__ = ["ROOT", "Playbooks"]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let no trial of a container in memory take real time."""
    made = Clock()
    monkeypatch.setattr(_switch_trial, "time", made)
    return made


@pytest.fixture
def playbooks(tmp_path: Path) -> Playbooks:
    made = Playbooks(tmp_path)
    hosts = {name: {"ansible_connection": "local"} for name in ("h1", "h2", "h3")}
    interpreter = {"ansible_python_interpreter": sys.executable}
    made.write("inventory/hosts.yml", {"web": {"hosts": hosts, "vars": interpreter}})
    return made


@pytest.fixture
def stand_ins(playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch) -> StandIns:
    """Return four hosts that answer as told."""
    return four_hosts(playbooks.folder, monkeypatch)
