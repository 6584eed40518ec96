# SPDX-License-Identifier: GPL-3.0-or-later
"""An ordinary Ansible inventory of a fleet: SSH with keys, host key checking on."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from fleet import daemons
from fleet.commands import ENVIRONMENT
from fleet.errors import FleetError
from fleet.host import Host
from fleet.layout import Layout


def render(layout: Layout, hosts: Sequence[Host], *, group: str) -> str:
    """The inventory as INI text, with all hosts in `group`."""
    ssh = f"-o UserKnownHostsFile={layout.known_hosts} -o StrictHostKeyChecking=yes"
    lines = [
        f"[{group}]",
        *(f"{host.name} ansible_host={host.address}" for host in hosts),
        "",
        f"[{group}:vars]",
        "ansible_user=root",
        f"ansible_ssh_private_key_file={layout.private_key}",
        f"ansible_ssh_common_args={ssh}",
        f"ansible_python_interpreter={interpreter()}",
    ]
    return "\n".join(lines) + "\n"


def write_known_hosts(layout: Layout, numbers: Sequence[int]) -> None:
    lines = (daemons.known_hosts_line(layout, number) for number in numbers)
    layout.known_hosts.write_text("".join(lines))


def interpreter() -> Path:
    """A Python for the modules on the hosts: community.docker's need requests there."""
    for candidate in (Path("/usr/bin/python3"), Path(sys.executable)):
        if candidate.exists() and _has_requests(candidate):
            return candidate
    raise FleetError("no Python with requests for the hosts: run apt-get install python3-requests")


def _has_requests(python: Path) -> bool:
    probe = (str(python), "-c", "import requests")
    return subprocess.run(probe, env=ENVIRONMENT, capture_output=True, check=False).returncode == 0
