# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding processes by what the kernel says of them."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet import processes
from fleet.waiting import wait_for

MARK = "LONGSHORE_FLEET_TEST"


@pytest.fixture
def restless(tmp_path: Path) -> Iterator[int]:
    """Return the pid of a process that starts a program in its place all the time."""
    script = tmp_path / "again"
    script.write_text('exec sh "$0"\n')
    environment = {"PATH": "/usr/bin:/bin", MARK: str(tmp_path)}
    with subprocess.Popen(["sh", str(script)], env=environment) as process:
        yield process.pid
        process.kill()


def test_a_process_is_found_while_it_starts_another_program(restless: int, tmp_path: Path) -> None:
    found = [processes.environment_values(MARK).get(restless) for _ in range(100)]

    assert found == [str(tmp_path)] * 100


def test_a_process_without_environment_is_not_waited_for() -> None:
    with subprocess.Popen(["/bin/sleep", "60"], env={}) as bare:
        wait_for(lambda: processes.command_line(bare.pid), "sleep to be there")
        has_environment = processes._has_environment(bare.pid)
        bare.kill()

    assert not has_environment


def test_a_process_that_nobody_has_waited_for_has_no_environment() -> None:
    with subprocess.Popen(["true"]) as ended:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)

        assert not processes._has_environment(ended.pid)
