# SPDX-License-Identifier: GPL-3.0-or-later
"""A hand-tuned playbook: pipelining, persistent SSH, no facts, all hosts at once."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.update import REPOSITORY, Counted, Kind, Update, Way, push_and_start_clock
from fleet import Fleet, FleetError, images

_PLAYBOOK = Path(__file__).with_suffix(".yml")
_ANSIBLE_PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")


def tuned_playbook(kind: Kind = images.healthy) -> Way:
    """Return the way that runs the playbook; SSH connections last from one to the next."""

    @contextmanager
    def way(fleet: Fleet, counted: Counted) -> Iterator[Update]:
        with _playbook(fleet, counted, kind) as update:
            yield Update(update)

    return way


@contextmanager
def _playbook(fleet: Fleet, counted: Counted, kind: Kind) -> Iterator[Callable[[str], float]]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        inventory = fleet.write_inventory(Path(folder) / "hosts.ini")
        image = f"image={fleet.registry.address}/{REPOSITORY}:latest"
        command = (_ANSIBLE_PLAYBOOK, "-i", inventory, "-e", image, _PLAYBOOK)
        environment = {**os.environ, **_settings(Path(folder))}

        def update(version: str) -> float:
            started = push_and_start_clock(fleet, version, kind)
            with counted():
                done = subprocess.run(
                    command,
                    env=environment,
                    cwd=folder,
                    capture_output=True,
                    text=True,
                    check=False,
                )
            if done.returncode != 0:
                raise FleetError(f"the tuned playbook failed: {done.stdout}{done.stderr}")
            return started

        yield update


def _settings(folder: Path) -> dict[str, str]:
    return {
        "ANSIBLE_FORKS": "50",
        "ANSIBLE_PIPELINING": "true",
        "ANSIBLE_SSH_ARGS": "-o ControlMaster=auto -o ControlPersist=60s",
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(folder),
    }
