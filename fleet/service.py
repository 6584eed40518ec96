# SPDX-License-Identifier: GPL-3.0-or-later
"""An app that serves on every host of a fleet, for tests of what a fault does to it."""

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleet import images
from fleet.bridge import Bridge, app
from fleet.fleet import Fleet
from fleet.host import Host
from fleet.image_format import Image
from fleet.observe import every_host_runs, running, running_digests
from fleet.waiting import wait_for

_REPOSITORY = "acme/shop"
# As short as a container of the tests allows.
_QUICK: dict[str, Any] = {
    "health": {"timeout": 5, "stable_for": 0},
    "rollout": {"serial": "100%"},
}
_PASSWORD = "the-password-in-the-environment-of-the-app"


@dataclass(frozen=True)
class Deployment:
    """How a run ended: state and reason, each host's outcome and reason, who was not reached."""

    state: str
    reason: str
    said: dict[str, str]
    lost: list[str]
    outcomes: list[dict[str, Any]]


class Service:
    """The app `shop`, known to a bridge that the fleet's registry notifies."""

    def __init__(self, bridge: Bridge, fleet: Fleet) -> None:
        self.bridge = bridge
        self.fleet = fleet
        self.good = ""
        self._numbers = itertools.count(1)
        self._version_of: dict[str, str] = {}
        self._before: list[tuple[str, str]] = []
        self._digests: dict[str, str] = {}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be in any log."""
        return (self.bridge.secret, self.bridge.token, _PASSWORD)

    def declare(self, **changes: Any) -> None:
        """Change the app's entry from what is quick."""
        options = {
            "published_ports": ["80:8080"],
            "restart_policy": "always",
            "env": {"PASSWORD": _PASSWORD},
            **changes.pop("container", {}),
        }
        entry = app(self.fleet, _REPOSITORY, container=options, **{**_QUICK, **changes})
        self.bridge.declare(shop=entry)

    def bring(self) -> None:
        """Bring another healthy version to every host."""
        self.good = self.push_version(images.healthy)
        self.settled(self.good)
        assert every_host_runs(self.fleet, self.good)
        self._before = self.containers()

    def establish(self, **changes: Any) -> None:
        """Have one healthy version run on every host, whatever ran there."""
        self.declare(**changes)
        self.bridge.wait_until_idle()
        digests = {one for host in self.fleet.hosts for one in running_digests(host)}
        known = self._version_of.keys() & digests
        self.good = known.pop() if len(known) == 1 else ""
        if not (self.good and every_host_runs(self.fleet, self.good)):
            self.bring()
        self._before = self.containers()

    def push_version(self, kind: Callable[[str], Image], *, tag: str = "latest") -> str:
        """Push an image of this kind, of a version that was never there; return its digest."""
        version = str(next(self._numbers))
        digest = self.fleet.registry.push(_REPOSITORY, tag, kind(version))
        self._version_of[digest] = version
        return digest

    def version_of(self, digest: str) -> str:
        """Return the version that a pushed digest serves."""
        return self._version_of[digest]

    def delete_tag(self) -> None:
        """Delete the app's tag at the registry."""
        self.fleet.registry.delete_tag(_REPOSITORY, "latest")

    def settled(self, digest: str) -> dict[str, Any]:
        """Return the app once a run for this digest has ended."""
        return dict(self.bridge.wait_until_settled(digest, seconds=100))

    def quiet_after(self, digest: str) -> bool:
        """Whether a run for this digest has ended, none is active, and no host waits for one."""
        runs = self.bridge.runs()
        if not runs or runs[0]["state"] == "running" or self.bridge.app()["pending_hosts"]:
            return False
        return bool(self.ended(digest))

    def ended(self, digest: str) -> list[str]:
        """Return how the runs for this digest ended, of those that did."""
        runs = [run for run in self.bridge.runs() if run["state"] != "running"]
        return [run["state"] for run in runs if self._digest_of(run["id"]) == digest]

    def _digest_of(self, run: str) -> str:
        if run not in self._digests:
            self._digests[run] = self.bridge.get(f"runs/{run}")["release"]["digest"]
        return self._digests[run]

    def begun(self, step: str, digest: str) -> bool:
        """Whether the run for this digest has begun a task with this in its name."""
        newest = next(iter(self.bridge.runs()), None)
        events = (
            self.bridge.folder / "state/runs" / newest["id"] / "events.jsonl" if newest else None
        )
        if events is None or not events.exists():
            return False
        lines = [json.loads(line) for line in events.read_text().splitlines()]
        wanted = any(line.get("digest") == digest for line in lines)
        return wanted and any(step in str(line.get("task", "")) for line in lines)

    def container(self, host: Host) -> str:
        """Return the id of the app's container on a host."""
        return str(running(host)[0]["Id"])

    def deployment(self, digest: str) -> Deployment:
        """Return how the first run for this digest ended, whatever was run for it since."""

        def ended() -> dict[str, Any] | None:
            runs = [run for run in self.bridge.runs() if self._digest_of(run["id"]) == digest]
            return runs[-1] if runs and runs[-1]["state"] != "running" else None

        run = wait_for(ended, f"the end of the run for {digest}", seconds=100, pause=0.1)
        outcomes = self.bridge.get(f"runs/{run['id']}")["outcomes"]
        said = {one["host"]: one["reason"] for one in outcomes}
        lost = [one["host"] for one in outcomes if one["outcome"] == "unreachable"]
        return Deployment(run["state"], run["reason"], said, sorted(lost), outcomes)

    def untouched(self, *hosts: Host) -> bool:
        """Whether these hosts, or all, run the very containers of before, never restarted."""
        return self.containers(hosts) == [
            before
            for host, before in zip(self.fleet.hosts, self._before, strict=True)
            if not hosts or host in hosts
        ]

    def same_containers(self) -> bool:
        """Whether every host runs the very container of before, started again or not."""
        return [one[0] for one in self.containers()] == [one[0] for one in self._before]

    def containers(self, hosts: tuple[Host, ...] = ()) -> list[tuple[str, str]]:
        """Return id and time of start of each container of the app that runs."""
        found = [running(host) for host in hosts or self.fleet.hosts]
        return [(one["Id"], one["State"]["StartedAt"]) for each in found for one in each]


@contextmanager
def serving(folder: Path, fleet: Fleet, **deploy: str) -> Iterator[Service]:
    """Serve a bridge for this fleet, with these settings of the table `deploy`."""
    bridge = Bridge(folder, fleet)
    bridge.set_deploy(**deploy)
    bridge.start()
    bridge.notify()
    try:
        yield Service(bridge, fleet)
    finally:
        bridge.kill()
