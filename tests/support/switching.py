# SPDX-License-Identifier: GPL-3.0-or-later
"""Staging and switching on one host, straight at its daemon: container_switch without Ansible."""

import multiprocessing
import os
import signal
from collections.abc import Sequence
from typing import Any

from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import (
    DockerSocket,
)
from ansible_collections.longshore.containers.plugins.module_utils._engine import Engine
from ansible_collections.longshore.containers.plugins.module_utils._health_gate import Health
from ansible_collections.longshore.containers.plugins.module_utils._switch_report import (
    Order,
    Report,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_run import switch
from ansible_collections.longshore.containers.plugins.module_utils._switch_times import Times

from fleet.host import Host

APP = "shop"
CHANGES = ("stop", "start", "rename", "set_policy", "remove", "remove_image")


def stage(
    host: Host,
    image: str,
    digest: str,
    *,
    app: str = APP,
    publish: str = "80:8080",
    options: Sequence[str] = (),
) -> str:
    """Create the container of a release as the role does, unless it is there; return its name."""
    name = f"{app}-{digest[7:19]}"
    known = [one["Name"].lstrip("/") for one in host.containers()]
    if name not in known:
        host.docker("pull", "--quiet", f"{image}@{digest}")
        labels = {"app": app, "digest": digest, "image": image, "restart_policy": "always"}
        words = [word for key, value in labels.items() for word in _label(key, value)]
        words += ["--publish", publish, *options]
        host.docker("create", "--name", name, *words, f"{image}@{digest}")
    return name


def _label(key: str, value: str) -> tuple[str, str]:
    return "--label", f"longshore.{key}={value}"


def order(name: str, digest: str, **fields: Any) -> Order:
    """Ask for a switch with short times."""
    asked = {key: fields.pop(key) for key in Health._fields if key in fields}
    health = Health(**{"timeout": 20, "stable_for": 0.3, **asked})
    given = {"times": Times(), "keep": 1, **fields}
    return Order(app=APP, name=name, digest=digest, health=health, **given)


def run_switch(host: Host, wanted: Order) -> Report:
    """Do a switch in this process."""
    return switch(Engine(DockerSocket(str(host.docker_socket))), wanted)


class DyingEngine(Engine):
    """Kills its own process right before the n-th change (counted from 1) at the daemon."""

    def __init__(self, docker: DockerSocket, *, dies_before: int) -> None:
        super().__init__(docker)
        self._left = dies_before

    def __getattribute__(self, name: str) -> Any:
        if name in CHANGES:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return super().__getattribute__(name)


def switch_killed(host: Host, wanted: Order, *, before: int) -> bool:
    """Switch in a process that is killed with SIGKILL; whether it got that far."""
    context = multiprocessing.get_context("spawn")
    arguments = (str(host.docker_socket), wanted, before)
    process = context.Process(target=_switch_and_die, args=arguments)
    process.start()
    process.join(40)
    return process.exitcode == -signal.SIGKILL


def _switch_and_die(socket: str, wanted: Order, before: int) -> None:
    switch(DyingEngine(DockerSocket(socket), dies_before=before), wanted)
