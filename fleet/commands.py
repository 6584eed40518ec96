# SPDX-License-Identifier: GPL-3.0-or-later
"""Running system commands: in a fixed environment, with errors that say what failed."""

import os
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from fleet.errors import FleetError

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Nothing of the caller's environment: a proxy variable would send the daemons' pulls elsewhere.
ENVIRONMENT = {"PATH": _PATH, "HOME": "/root", "LANG": "C.UTF-8"}

_DEBIAN_PACKAGES = {
    "busybox": "busybox-static",
    "docker": "docker.io",
    "docker-init": "docker.io",
    "docker-registry": "docker-registry",
    "dockerd": "docker.io",
    "hostname": "hostname",
    "ip": "iproute2",
    "iptables": "iptables",
    "mount": "mount",
    "nsenter": "util-linux",
    "setsid": "util-linux",
    "sshd": "openssh-server",
    "ssh-keygen": "openssh-client",
    "unshare": "util-linux",
}


def missing_packages(commands: Sequence[str] = tuple(_DEBIAN_PACKAGES)) -> list[str]:
    """The Debian packages that would bring those of `commands` that are not installed."""
    absent = {_DEBIAN_PACKAGES[command] for command in commands if not _find(command)}
    return sorted(absent)


def check_machine() -> None:
    """Raise FleetError where this machine or user cannot run a fleet, with what to do."""
    if platform.system() != "Linux":
        raise FleetError(f"a fleet needs Linux, this is {platform.system()}")
    if os.geteuid() != 0:
        raise FleetError("a fleet needs root for its namespaces: run the same command with sudo")
    if missing := missing_packages():
        raise FleetError(f"commands are missing: run apt-get install {' '.join(missing)}")


def full_path(command: str) -> Path:
    """Where `command` is, looked up as root's login would."""
    found = _find(command)
    if found is None:
        package = _DEBIAN_PACKAGES.get(command, command)
        raise FleetError(f"{command} is missing: run apt-get install {package}")
    return Path(found)


def run(*argv: str, timeout: float = 60, check: bool = True) -> str:
    """Run a command to its end and return its standard output; `timeout` is in seconds."""
    try:
        done = subprocess.run(
            argv,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise FleetError(f"no end after {timeout} s: {' '.join(argv)}") from error
    if check and done.returncode != 0:
        raise FleetError(f"exit {done.returncode}: {' '.join(argv)}: {done.stderr.strip()}")
    return done.stdout


def start(*argv: str, log: Path, extra_environment: Mapping[str, str] | None = None) -> None:
    """Start a daemon that outlives this process and is not its child; output goes to `log`."""
    with log.open("ab") as output:
        subprocess.run(
            ("setsid", "--fork", *argv),
            env={**ENVIRONMENT, **(extra_environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            check=True,
        )


def _find(command: str) -> str | None:
    return shutil.which(command, path=_PATH)
