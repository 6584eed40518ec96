# SPDX-License-Identifier: GPL-3.0-or-later
"""Which processes of a run are alive: found by what they were started with, in /proc (proc(5))."""

from __future__ import annotations

from pathlib import Path


def with_environment(part: str) -> set[int]:
    """Return the living processes whose environment holds a text, such as a run's folder."""
    return {pid for pid in _all() if part in _read(pid, "environ") and _state(pid) != "Z"}


def with_argument(part: str) -> set[int]:
    """Return the living processes that have a text in their command line."""
    return {pid for pid in _all() if part in _read(pid, "cmdline") and _state(pid) != "Z"}


def working_below(folder: Path) -> set[int]:
    """Return the living processes whose working directory is this folder or below it."""
    return {pid for pid in _all() if _works_in(pid, folder) and _state(pid) != "Z"}


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink().is_relative_to(folder)
    except OSError:
        return False


def children_of(parent: int) -> set[int]:
    """Return the living direct children of a process."""
    return {pid for pid in _all() if _fields(pid)[1:2] == [str(parent)] and _state(pid) != "Z"}


def _all() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text(errors="replace")
    except OSError:
        return ""


def _fields(pid: int) -> list[str]:
    """Return state, parent and what follows."""
    return _read(pid, "stat").rpartition(")")[2].split()


def _state(pid: int) -> str:
    return (_fields(pid) or ["Z"])[0]
