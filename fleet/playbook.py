# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain ansible-playbook, as somebody without the bridge runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from fleet.bridge import Bridge


def playbook(
    folder: Bridge, name: str, *arguments: str, seconds: float = 100
) -> subprocess.CompletedProcess[str]:
    """Run a playbook of the collection on the inventory of a bridge's folder."""
    _events(folder).unlink(missing_ok=True)
    command = Path(sys.executable).with_name("ansible-playbook")
    return subprocess.run(
        [str(command), "-i", "inventory", f"longshore.containers.{name}", *arguments],
        cwd=folder.folder,
        env={
            **os.environ,
            "ANSIBLE_CALLBACKS_ENABLED": "longshore.containers.outcomes",
            # Whatever collections this user has installed, the one tested is this checkout's.
            "ANSIBLE_HOME": str(folder.folder / "ansible"),
            "LONGSHORE_OUTCOMES": str(_events(folder)),
        },
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def reported(folder: Bridge, event: str) -> dict[str, dict[str, Any]]:
    """Return, by host, what our callback plugin reported of one kind in the last playbook."""
    found = (json.loads(line) for line in _events(folder).read_text().splitlines())
    return {one["host"]: one for one in found if one["event"] == event}


def _events(folder: Bridge) -> Path:
    return folder.folder / "events.jsonl"
