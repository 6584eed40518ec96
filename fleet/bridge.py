# SPDX-License-Identifier: GPL-3.0-or-later
"""A bridge for the tests: `longshore serve` as a user starts it, from a folder of its own."""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import yaml

from fleet.fleet import Fleet
from fleet.waiting import wait_for

LONGSHORE = str(Path(sys.executable).with_name("longshore"))
_ENDED = ("succeeded", "partial", "restored", "failed")

_SETTINGS = """\
state_dir = "state"

[server]
listen = "{listen}"

[ansible]
inventory = "inventory"
apps_file = "inventory/group_vars/all/apps.yml"
connect_timeout = "3s"

[deploy]
catch_up_every = "1s"
catch_up_at_most_every = "4s"
registry_patience = "20s"

[hooks.fleet]
source = "distribution"
registry = "{registry}"
secret_file = "secrets/fleet"

[registries."{registry}"]
plain_http = true

[api]
token_file = "secrets/api-token"
"""


def app(fleet: Fleet, repository: str = "acme/shop", **changes: Any) -> dict[str, Any]:
    """Return an app's entry as the tests need it: quick, all hosts at once, on port 80."""
    entry: dict[str, Any] = {
        "image": f"{fleet.registry.address}/{repository}",
        "track": "latest",
        "hosts": "web",
        "container": {"published_ports": ["80:8080"], "restart_policy": "unless-stopped"},
        "health": {"timeout": 20, "stable_for": 1},
        "rollout": {"serial": "100%"},
    }
    return {**entry, **changes}


class Bridge:
    """A bridge's folder and, while it serves, its process."""

    def __init__(self, folder: Path, fleet: Fleet, *, port: int = 0) -> None:
        self.folder = folder
        self.fleet = fleet
        self.address = f"127.0.0.1:{_free_port(port)}"
        self.url = f"http://{self.address}"
        self.token = secrets.token_urlsafe(32)
        self.secret = secrets.token_urlsafe(32)
        self._process: subprocess.Popen[str] | None = None
        self._write_files()

    def _write_files(self) -> None:
        (self.folder / "inventory/group_vars/all").mkdir(parents=True)
        (self.folder / "secrets").mkdir(mode=0o700)
        for name, value in (("fleet", self.secret), ("api-token", self.token)):
            file = self.folder / "secrets" / name
            file.touch(mode=0o600)
            file.write_text(value + "\n")
        settings = _SETTINGS.format(listen=self.address, registry=self.fleet.registry.address)
        (self.folder / "longshore.toml").write_text(settings)
        self.fleet.write_inventory(self.folder / "inventory/hosts.ini")
        self.declare(shop=app(self.fleet))

    def declare(self, **apps: dict[str, Any]) -> None:
        """Write the apps file; a running bridge reads it again by itself."""
        file = self.folder / "inventory/group_vars/all/apps.yml"
        new = file.with_suffix(".new")
        new.write_text(yaml.safe_dump({"apps": apps}))
        new.rename(file)

    def set_deploy(self, **values: str) -> None:
        """Write settings of the table `deploy`; they count from the next start."""
        file = self.folder / "longshore.toml"
        head, table, rest = file.read_text().partition("[deploy]\n")
        lines = "".join(f'{key} = "{value}"\n' for key, value in values.items())
        file.write_text(head + table + lines + rest)

    def set_variables(self, of: str, **values: Any) -> None:
        """Set inventory variables of a host or group; none removes those that were set."""
        folder = "host_vars" if of in {host.name for host in self.fleet.hosts} else "group_vars"
        file = self.folder / "inventory" / folder / f"{of}.yml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(yaml.safe_dump(values))

    def start(self, *, crash_at: str = "") -> None:
        """Serve; with `crash_at` the process kills itself at that named point."""
        with (self.folder / "serve.log").open("a") as log:
            self._process = subprocess.Popen(
                [LONGSHORE, "serve"],
                cwd=self.folder,
                env={**os.environ, "LONGSHORE_CRASH_AT": crash_at},
                stderr=log,
                text=True,
            )
        wait_for(lambda: self._ready() or self._process_ended(), f"bridge at {self.url}")

    def notify(self) -> None:
        """Have the fleet's registry notify this bridge."""
        self.fleet.registry.notify(f"{self.url}/hooks/fleet", self.secret)

    def kill(self) -> None:
        """Kill the process as power loss would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Stop it as a service manager does; return its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, sent: signal.Signals) -> int:
        if self._process is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(sent)
        code = self._process.wait(60)
        self._process = None
        return code

    def wait_until_crashed(self) -> None:
        """Wait until the process has killed itself."""
        assert self._process is not None
        self._process.wait(90)
        self._end(signal.SIGKILL)

    def pid(self) -> int:
        """Return the process id of the bridge that serves."""
        assert self._process is not None
        return self._process.pid

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `longshore` in the bridge's folder."""
        return subprocess.run(
            [LONGSHORE, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )

    def begin(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start `longshore` in the bridge's folder and do not wait for its end."""
        return subprocess.Popen([LONGSHORE, *arguments], cwd=self.folder, stdout=subprocess.DEVNULL)

    def json(self, *arguments: str) -> Any:
        """Run a `longshore` command with --json and return what it printed."""
        return json.loads(self.command(*arguments, "--json").stdout)

    def get(self, path: str) -> Any:
        """Ask the API."""
        request = urllib.request.Request(  # noqa: S310 -- our own http address
            f"{self.url}/api/v1/{path}", headers={"Authorization": f"Bearer {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 -- the same
            return json.load(answer)

    def post(self, path: str, **body: Any) -> Any:
        """Ask the API for something to be done."""
        request = urllib.request.Request(  # noqa: S310 -- our own http address
            f"{self.url}/api/v1/{path}",
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 -- the same
            return json.load(answer)

    def app(self, name: str = "shop") -> dict[str, Any]:
        """Return what the bridge says of an app."""
        return dict(self.get(f"apps/{name}"))

    def runs(self) -> list[dict[str, Any]]:
        """Return the runs that change hosts, newest first.

        Observations come by themselves, whenever an app's entry was edited.
        """
        return [run for run in self.get("runs")["runs"] if run["kind"] != "observe"]

    def verdicts(self) -> list[str]:
        """Return the verdict of each delivery that was decided, newest first."""
        return [str(one["verdict"]) for one in self.get("deliveries")["deliveries"]]

    def wait_until_settled(self, digest: str, *, name: str = "shop", seconds: float = 60) -> Any:
        """Wait until the app's newest run was for this digest and has ended; return the app."""

        def settled() -> dict[str, Any] | None:
            seen = self.app(name)
            run = seen["last_run"]
            if run is None or seen["state"] not in _ENDED:
                return None
            details = self.get(f"runs/{run['id']}")
            return seen if details["release"]["digest"] == digest else None

        return wait_for(settled, f"a run of {name} for {digest}", seconds=seconds, pause=0.1)

    def wait_until_idle(self) -> None:
        """Wait until no run is active."""
        wait_for(
            lambda: all(run["state"] != "running" for run in self.runs()),
            "the end of all runs",
            seconds=60,
        )

    def _ready(self) -> bool:
        with contextlib.suppress(OSError):
            ready = urllib.request.urlopen(f"{self.url}/readyz", timeout=2)  # noqa: S310 -- the same
            return bool(ready.status == 200)
        return False

    def _process_ended(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            log = (self.folder / "serve.log").read_text()
            raise AssertionError(f"longshore serve ended: {log}")
        return False


def _free_port(wanted: int) -> int:
    """Return the wanted port if it can be had, else another one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
