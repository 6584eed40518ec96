# SPDX-License-Identifier: GPL-3.0-or-later
"""What really runs on the hosts, by Docker's word and over HTTP; never by Longshore's."""

import contextlib
import http.client
import urllib.request
from pathlib import Path
from typing import Any

from fleet import processes
from fleet.fleet import Fleet
from fleet.host import Host


def running(host: Host, app: str = "shop") -> list[dict[str, Any]]:
    """Return the inspections of the app's containers that run on a host."""
    return [one for one in host.containers(app) if one["State"]["Running"]]


def running_digests(host: Host, app: str = "shop") -> list[str]:
    """Return the digest that each running container of the app was pulled by."""
    images = [one["Config"]["Image"] for one in running(host, app)]
    return [image.partition("@")[2] for image in images]


def every_host_runs(fleet: Fleet, digest: str, app: str = "shop") -> bool:
    """Whether each host runs exactly one container of the app, and of this digest."""
    return all(running_digests(host, app) == [digest] for host in fleet.hosts)


def served(host: Host, port: int = 80) -> str:
    """Return what the host answers over HTTP; empty when it does not."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        url = f"http://{host.address}:{port}/"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return str(answer.read().decode().strip())
    return ""


def processes_of(folder: Path) -> list[str]:
    """Return the command lines of the processes that belong to a bridge's runs."""
    runs = folder / "state" / "runs"
    marked = processes.environment_values("LONGSHORE_OUTCOMES")
    ours = {pid for pid, events in marked.items() if Path(events).is_relative_to(folder)}
    # A fork has the environment of the fork server, which works in the folder of all runs.
    for run in runs.glob("*/"):
        ours.update(processes.working_below(run))
    return [line for pid in ours if (line := processes.command_line(pid))]
