# SPDX-License-Identifier: GPL-3.0-or-later
"""A real bridge whose one hook has a queue, and what it has stored."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.installation import Installation
from tests.support.serving import COMMAND, serving
from tests.support.waiting import wait_for
from webhook_bridge.domain.deliveries import Delivery
from webhook_bridge.domain.releases import Release
from webhook_bridge.store import Store, deliveries, releases

DIGEST = "sha256:" + "d" * 64
EVENT = json.dumps(
    {"events": [{"action": "push", "target": {"repository": "acme/shop", "tag": "latest"}}]}
)
NOBODYS = EVENT.replace("latest", "other")
"""Of a tag that no app follows: a verdict comes of it, and no run."""


@dataclass
class Queued:
    """A bridge's folder; `keys` are those of its hook's queue, `environ` has the credentials."""

    installation: Installation
    keys: Mapping[str, str]
    environ: Mapping[str, str]

    def write_settings(self, **queue: str) -> None:
        keys = {**self.keys, **queue}
        lines = "\n".join(f'{name} = "{value}"' for name, value in keys.items())
        self.installation.file.write_text(
            f"""
            [server]
            listen = "127.0.0.1:{self.installation.port}"
            [hooks.hub]
            source = "distribution"
            registry = "{self.installation.registry}"
            [hooks.hub.queue]
            {lines}
            [registries."{self.installation.registry}"]
            plain_http = true
            [poll]
            every = "off"
            [reconcile]
            every = "off"
            """
        )

    @contextmanager
    def serving(self, **environ: str) -> Iterator[subprocess.Popen[str]]:
        with serving(self.installation, **self.environ, **environ) as process:
            yield process

    def serve_until_it_dies(self, point: str) -> int:
        """Run a bridge that kills itself at a point; return how it ended."""
        with (self.installation.folder / "log").open("a") as log:
            done = subprocess.run(
                [*COMMAND, "--config", str(self.installation.file), "serve"],
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environ, "LONGSHORE_CRASH_AT": point},
                check=False,
                timeout=240,
            )
        return done.returncode

    def stored(self) -> list[Delivery]:
        """Return what is stored, the oldest first."""
        store = Store(self.installation.state / "longshore.db")
        with store.read() as connection:
            found = deliveries.latest(connection, limit=1000)
        store.close()
        return found[::-1]

    def decided(self, count: int) -> list[Delivery]:
        """Wait until so many have their verdicts, and return them."""

        def look() -> list[Delivery] | None:
            found = self.stored()
            return found if len(found) == count and all(one.verdict for one in found) else None

        return wait_for(look, f"{count} verdicts", seconds=60, pause=0.1)

    def released(self) -> list[Release]:
        store = Store(self.installation.state / "longshore.db")
        with store.read() as connection:
            found = releases.latest(connection, "shop", limit=9)
        store.close()
        return found

    @property
    def log(self) -> str:
        return (self.installation.folder / "log").read_text()
