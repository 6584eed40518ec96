# SPDX-License-Identifier: GPL-3.0-or-later
"""What `longshore init` writes."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.support.commands import longshore

# A command leaves its connections to the end of its process, which is not the test's end.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def test_init_writes_what_check_finds_well(tmp_path: Path) -> None:
    done = longshore("init", str(tmp_path / "new"))

    assert done.returncode == 0
    checked = longshore("check", cwd=tmp_path / "new")
    assert checked.returncode == 0, checked.stderr
    assert "app shop: docker.io/acme/shop, tag latest, on web1.example.com" in checked.stdout


def test_init_makes_secrets_that_nobody_else_can_read(tmp_path: Path) -> None:
    longshore("init", cwd=tmp_path)

    secrets = sorted((tmp_path / "secrets").iterdir())
    assert [file.name for file in secrets] == ["api-token", "hub"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in secrets} == {0o600}


def test_init_touches_nothing_that_exists(tmp_path: Path) -> None:
    longshore("init", cwd=tmp_path)
    (tmp_path / "longshore.toml").write_text("mine")
    (tmp_path / "inventory" / "hosts.yml").unlink()
    before = (tmp_path / "secrets" / "hub").read_text()

    done = longshore("init", cwd=tmp_path)

    assert (tmp_path / "longshore.toml").read_text() == "mine"
    assert (tmp_path / "secrets" / "hub").read_text() == before
    assert "kept    longshore.toml" in done.stdout
    assert "written inventory/hosts.yml" in done.stdout
