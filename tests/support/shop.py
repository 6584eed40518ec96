# SPDX-License-Identifier: GPL-3.0-or-later
"""The app that the tests of the switch bring to one host."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fleet import images
from fleet.fleet import Fleet
from fleet.host import Host
from fleet.image_format import Image
from fleet.observe import running
from tests.support.switching import order, run_switch, stage


class Shop:
    """One host that runs version 1 of the app, beside containers that are not ours."""

    def __init__(self, fleet: Fleet, first: Image | None = None) -> None:
        self.host: Host = fleet.hosts[0]
        self._registry = fleet.registry
        self.image = f"{fleet.registry.address}/acme/shop"
        self.first = self.push("1", first or images.without_healthcheck("1"))
        run_switch(self.host, order(self.stage(self.first), self.first, stable_for=0))
        self.old = running(self.host)[0]
        with ThreadPoolExecutor() as pool:
            labels = ["--label", "longshore.app=blog"], []
            self.strangers = list(pool.map(lambda one: self._stranger(*one), labels))

    def push(self, tag: str, image: Image) -> str:
        return str(self._registry.push("acme/shop", tag, image))

    def stage(self, digest: str, **fields: Any) -> str:
        return stage(self.host, self.image, digest, **fields)

    def switch(self, digest: str, **fields: Any) -> Any:
        staging = {key: fields.pop(key) for key in {"options", "publish"} & fields.keys()}
        return run_switch(self.host, order(self.stage(digest, **staging), digest, **fields))

    def go_back(self, digest: str, container: str, **fields: Any) -> Any:
        return run_switch(self.host, order("", digest, restore_container=container, **fields))

    def policies(self) -> dict[str, str]:
        found = self.host.containers("shop")
        return {one["Name"][1:]: one["HostConfig"]["RestartPolicy"]["Name"] for one in found}

    def strangers_run(self) -> bool:
        alive = {one["Id"] for one in self.host.containers() if one["State"]["Running"]}
        return set(self.strangers) <= alive

    def _stranger(self, *arguments: str) -> str:
        return self.host.docker("run", "--detach", *arguments, f"{self.image}@{self.first}")
