# SPDX-License-Identifier: GPL-3.0-or-later
"""The files a host's sshd and dockerd read."""

import json
from pathlib import Path

from fleet.commands import run
from fleet.layout import Layout

UPDATE_RUNTIME = "runc-that-may-refuse-updates"
UPDATES_REFUSED = "updates-refused"


def write_configuration(layout: Layout, number: int) -> None:
    """Lay out a host's folder; what is there already stays, so that keys live on."""
    folder = layout.host_folder(number)
    for name in ("run", "run/sshd", "run/lock", "docker", "etc-docker", "home"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    # sshd lets nobody in to a locked account, and on cloud images root is locked.
    (folder / "shadow").write_text("root:*:19000:0:99999:7:::\nsshd:!:19000::::::\n")
    (folder / "shadow").chmod(0o600)
    _make_key(folder / "host_key")
    (folder / "sshd_config").write_text(_sshd_config(layout, folder))
    _write_runtime(folder)
    (folder / "daemon.json").write_text(json.dumps(_docker_options(layout, number), indent=2))


def _write_runtime(folder: Path) -> None:
    """A runtime that refuses to update containers while the file beside it is there."""
    program = folder / UPDATE_RUNTIME
    refuses = (
        f"""[ ! -e {folder / UPDATES_REFUSED} ] || case " $* " in *" update "*) exit 1;; esac"""
    )
    program.write_text(f'#!/bin/sh\n{refuses}\nexec runc "$@"\n')
    program.chmod(0o755)


def make_client_key(layout: Layout) -> None:
    layout.private_key.parent.mkdir(parents=True, exist_ok=True)
    _make_key(layout.private_key)


def known_hosts_line(layout: Layout, number: int) -> str:
    kind, key = (layout.host_folder(number) / "host_key.pub").read_text().split()[:2]
    return f"{layout.address(number)} {kind} {key}\n"


def _make_key(path: Path) -> None:
    public = path.with_name(f"{path.name}.pub")
    if not public.exists():
        # ssh-keygen writes this one last; it would ask before it overwrites the other.
        path.unlink(missing_ok=True)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "fleet", "-f", str(path))


def _sshd_config(layout: Layout, folder: Path) -> str:
    return f"""\
HostKey {folder}/host_key
AuthorizedKeysFile {layout.private_key}.pub
PermitRootLogin prohibit-password
PasswordAuthentication no
StrictModes no
UsePAM no
UseDNS no
PidFile none
PrintMotd no
MaxStartups 200
MaxSessions 200
Subsystem sftp internal-sftp
"""


def _docker_options(layout: Layout, number: int) -> dict[str, object]:
    return {
        "bip": layout.docker_bridge(number),
        "cgroup-parent": f"/{layout.cgroup}",
        "data-root": str(layout.host_folder(number) / "docker"),
        "exec-opts": ["native.cgroupdriver=cgroupfs"],
        "insecure-registries": [layout.registry],
        # Of 5 by default, with a pause of 5, 10, 15 and 20 seconds: one is enough to be seen.
        "max-download-attempts": 2,
        "runtimes": {UPDATE_RUNTIME: {"path": str(layout.host_folder(number) / UPDATE_RUNTIME)}},
    }
