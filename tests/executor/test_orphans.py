# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left of a run whose processes were all killed is ended, and nothing else."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from webhook_bridge.executor import orphans
from webhook_bridge.executor.orphans import end_orphans
from webhook_bridge.state_folder import RunFiles

NAP = "60"
FORK = "-m webhook_bridge.executor.fork_server"
MASTER = "ssh: /root/.ssh/a-socket [mux]"
Sleeps = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def files(tmp_path: Path) -> RunFiles:
    """The files of a run in a state_dir to which a link leads."""
    (tmp_path / "real/runs/one").mkdir(parents=True)
    (tmp_path / "state").symlink_to(tmp_path / "real")
    return RunFiles.of(tmp_path / "state", "one")


@pytest.fixture
def sleeps(tmp_path: Path) -> Iterator[Sleeps]:
    """Start processes that sleep, each with what it is told by."""
    started: list[subprocess.Popen[bytes]] = []

    def start(
        *, title: str = "sleep", cwd: Path = tmp_path, env: Mapping[str, Any] | None = None
    ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([title, NAP], executable="/bin/sleep", cwd=cwd, env=env or {})
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def marked(folder: Path) -> dict[str, str]:
    return {"LONGSHORE_OUTCOMES": f"{folder}/events.jsonl"}


def test_what_is_of_the_run_is_ended_and_nothing_else(
    files: RunFiles, sleeps: Sleeps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "_CLEAN_WITHIN_S", 0.2)
    real, another = tmp_path / "real/runs/one", tmp_path / "real/runs/another"
    another.mkdir()
    of_the_run = [
        sleeps(env=marked(real)),
        sleeps(env=marked(files.folder)),
        sleeps(title=FORK, cwd=real),
        sleeps(title=MASTER, cwd=real),
    ]
    others = [
        sleeps(cwd=real),
        sleeps(env=marked(another), cwd=another),
        sleeps(title=FORK, cwd=real.parent),
        sleeps(title=MASTER, cwd=another),
    ]

    end_orphans(files)

    assert [each.wait(10) for each in of_the_run] == [-signal.SIGKILL] * len(of_the_run)
    assert [each.poll() for each in others] == [None] * len(others)


def test_a_process_of_the_run_itself_has_time_to_end_what_it_started(
    files: RunFiles, sleeps: Sleeps
) -> None:
    orphan = sleeps(env=marked(files.folder))
    ends_it = f"sleep 0.3; kill {orphan.pid}"
    with subprocess.Popen(["sh", "-c", ends_it, FORK], cwd=files.folder):
        end_orphans(files)

    assert orphan.wait(10) == -signal.SIGTERM


def test_the_private_folder_is_removed(files: RunFiles, tmp_path: Path) -> None:
    private = tmp_path / "longshore-12345678"
    (private / "ssh").mkdir(parents=True)
    files.private.symlink_to(private)

    end_orphans(files)

    assert not private.exists()
    assert not files.private.is_symlink()


@pytest.mark.parametrize("target", ["{folder}/precious", "longshore-12345678", "{folder}/link"])
def test_no_other_folder_is_removed(
    files: RunFiles, tmp_path: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folders = [tmp_path / "precious", tmp_path / "longshore-12345678"]
    for folder in folders:
        folder.mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "precious")
    files.private.symlink_to(target.format(folder=tmp_path))

    end_orphans(files)

    assert all(folder.exists() for folder in folders)
    assert not files.private.is_symlink()
