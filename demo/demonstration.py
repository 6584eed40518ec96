# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demo builds, does, shows, and takes down."""

import contextlib
import json
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from demo.progress import Progress
from fleet.bridge import Bridge, app
from fleet.errors import FleetError
from fleet.fleet import Fleet
from fleet.image_format import Image
from fleet.observe import running, served
from fleet.waiting import wait_for
from webhook_bridge.executor.tail import Tail

_FOLDER = Path("var/demo")
_PORT = 8090

_CANARY_FIRST: dict[str, Any] = {
    "health": {"timeout": 30, "stable_for": 2},
    "rollout": {"serial": [1, "100%"]},
}


class Demonstration:
    """A fleet of three hosts, its registry, and a bridge that the registry notifies."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._fleet = Fleet("longshore", 3, subnet="10.77.0")
        self._bridge: Bridge | None = None

    def build(self) -> None:
        """Start hosts, registry and bridge; what an earlier demo left is taken over or removed."""
        self._progress.say("starting 3 hosts (each with its own sshd and dockerd) and a registry")
        self._fleet.up()
        self._fleet.reset()
        _end_leftover_bridge()
        shutil.rmtree(_FOLDER, ignore_errors=True)
        _FOLDER.mkdir(parents=True)
        self._bridge = Bridge(_FOLDER.absolute(), self._fleet, port=_PORT)
        self._bridge.declare(shop=app(self._fleet, **_CANARY_FIRST))
        self._bridge.start()
        (_FOLDER / "serve.pid").write_text(str(self._bridge.pid()))
        self._bridge.notify()
        self._progress.say(f"the bridge serves on {self._bridge.url}")

    def invite(self) -> None:
        """Say where the rollouts can be watched; whoever opens the link is signed in once."""
        added = self._serving().command("user", "add", "demo", "--role", "admin")
        print(f"\nWatch it in a browser, by this link:\n  {_to_the_app(added.stdout)}")

    def push(self, version: str, image: Image) -> None:
        """Push a version and show, live, how the registry's notification brings it to the hosts."""
        bridge = self._serving()
        self._progress.restart()
        print(f"\n--- version {version} ---")
        digest = self._fleet.registry.push("acme/shop", "latest", image)
        self._progress.say(f"pushed {self._fleet.registry.address}/acme/shop:latest, {digest[:19]}")
        ended = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(len(bridge.runs()), ended))
        watcher.start()
        try:
            settled = bridge.wait_until_settled(digest, seconds=180)
        finally:
            ended.set()
            watcher.join()
        self._progress.say(f"{settled['state']}: {settled['last_run']['reason']}")

    def _watch(self, runs_before: int, ended: threading.Event) -> None:
        """Print the deliveries' verdict and what happens on each host until the run has ended."""
        bridge = self._serving()
        run = None
        while run is None and not ended.is_set():
            newest = bridge.runs()
            run = newest[0] if len(newest) > runs_before else None
            ended.wait(0.05)
        if run is None:
            return
        self._progress.say("the registry's notification came in: released, a run has begun")
        tail = Tail(_FOLDER / "state/runs" / run["id"] / "events.jsonl")
        while not ended.wait(0.1):
            for line in _sentences(tail):
                self._progress.say(line)
        for line in _sentences(tail):
            self._progress.say(line)

    def show(self, *, version: str) -> None:
        """Say what runs where; raise FleetError for a host that does not serve the version."""
        bridge = self._serving()
        print("\nWhat the hosts say (docker inspect, and HTTP to port 80):")
        wrong = []
        for host in self._fleet.hosts:
            names = [one["Name"].lstrip("/") for one in running(host)]
            answer = served(host)
            print(
                f"  {host.name}  {host.address}  {', '.join(names) or 'nothing runs'}  {answer!r}"
            )
            if answer != f"version {version}" or len(names) != 1:
                wrong.append(host.name)
        print(f"\nThe bridge: {bridge.url}  (settings, apps and state: {_FOLDER})")
        if wrong:
            raise FleetError(
                f"{', '.join(wrong)} does not serve version {version}; see {_FOLDER}/serve.log "
                f"and: longshore -c {_FOLDER}/longshore.toml runs"
            )

    def serve_until_interrupted(self) -> None:
        """Leave everything running until Ctrl-C, and say what to try meanwhile."""
        command = f".venv/bin/longshore -c {_FOLDER}/longshore.toml"
        bridge = self._serving()
        link = bridge.command("user", "link", "demo").stdout
        print(f"\nThe pages: {bridge.url}/")
        print("This link signs you in to them, once, within an hour:")
        print(f"  {_to_the_app(link)}")
        print("Press Roll back… there, and watch the run.")
        print("\nTry, in another terminal:")
        for words in ("status shop", "deliveries", "runs", "rollback shop"):
            print(f"  {command} {words}")
        print("\nCtrl-C stops the bridge and removes the hosts; so does the next demo's end.")
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                signal.pause()
        print()

    def clear(self) -> None:
        """Stop the bridge and remove the fleet."""
        self._progress.say("cleaning up")
        if self._bridge is not None:
            self._bridge.stop()
        self._fleet.down()

    def _serving(self) -> Bridge:
        if self._bridge is None:
            raise FleetError("the bridge does not serve yet")
        return self._bridge


def _to_the_app(printed: str) -> str:
    return f"{printed.strip()}?next=/apps/shop"


def _sentences(tail: Tail) -> Iterator[str]:
    for line in tail.lines():
        event = json.loads(line)
        if event["event"] == "staged":
            yield f"{event['host']}: staged, beside what runs"
        elif event["event"] == "outcome":
            yield f"{event['host']}: {event['outcome']} ({event.get('health')})"


def _end_leftover_bridge() -> None:
    """End the bridge of a demo that was killed; only if it really is one of this folder."""
    with contextlib.suppress(OSError, ValueError):
        pid = int((_FOLDER / "serve.pid").read_text())
        if Path(f"/proc/{pid}/cwd").readlink() == _FOLDER.absolute():
            os.kill(pid, signal.SIGTERM)
            wait_for(lambda: not Path(f"/proc/{pid}").exists(), f"end of process {pid}")
