# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain ansible-playbook, as somebody without the bridge runs it."""

import os
import subprocess
import sys
from pathlib import Path

from tests.fleet.bridge import Bridge


def playbook(folder: Bridge, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a playbook of the collection on the inventory of a bridge's folder."""
    command = Path(sys.executable).with_name("ansible-playbook")
    return subprocess.run(
        [str(command), "-i", "inventory", f"longshore.containers.{name}", *arguments],
        cwd=folder.folder,
        env={
            **os.environ,
            "ANSIBLE_CALLBACKS_ENABLED": "longshore.containers.outcomes",
            # Whatever collections this user has installed, the one tested is this checkout's.
            "ANSIBLE_HOME": str(folder.folder / "ansible"),
        },
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
