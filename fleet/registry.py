# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet's registry: docker-registry on this machine, on the fleet's own address."""

import json
import shutil
import signal
from pathlib import Path
from typing import Any

from fleet import commands, processes, registry_http
from fleet.files import write_whole
from fleet.image_format import Image
from fleet.layout import Layout
from fleet.waiting import wait_for

# The only user after `require_login`.
USER, PASSWORD = "puller", "right-password"
# bcrypt of PASSWORD: docker-registry reads no other kind.
_HTPASSWD = f"{USER}:$2b$05$abcdefghijklmnopqrstuuBO.kmgTJhdt40M5ZyHgFmcpBdUb9aS.\n"


class Registry:
    """A registry that can notify a webhook about what is pushed to it."""

    def __init__(self, layout: Layout) -> None:
        self.address = layout.registry
        self._folder = layout.state / "registry"
        self._config = self._folder / "config.yml"

    def start(self) -> None:
        """Start it where it does not run; notifications stay as they were last set."""
        if not self._config.exists():
            self._write_config(None)
        if not self.pids():
            log = self._folder / "log"
            commands.start("docker-registry", "serve", str(self._config), log=log)
        wait_for(
            lambda: registry_http.is_serving(self.address),
            f"registry at {self.address}: see {self._folder}/log",
        )

    def stop(self) -> None:
        processes.end(self.pids, sent=signal.SIGTERM, seconds=20)

    def pids(self) -> list[int]:
        return processes.with_command_line("serve", str(self._config))

    def notify(self, url: str | None, token: str = "") -> None:
        """Send notifications to `url` from now on, with `token` as bearer; to nobody for None.

        The registry restarts where that is a change: what it had not delivered is forgotten.
        """
        if self._write_config(url, token):
            self.stop()
        self.start()

    def require_login(self) -> None:
        """Ask for USER and PASSWORD from now on, until `clear` or `notify`; push before that."""
        (self._folder / "htpasswd").write_text(_HTPASSWD)
        if self._write_config(None, private=True):
            self.stop()
        self.start()

    def push(self, repository: str, tag: str, image: Image, *, as_index: bool = False) -> str:
        """Push an image and return the tag's digest; `as_index` wraps it in a manifest list."""
        return registry_http.push(self.address, repository, tag, image, as_index=as_index)

    def digest(self, repository: str, tag: str) -> str | None:
        """What a tag points to now; None where there is no such tag."""
        return registry_http.digest(self.address, repository, tag)

    def tags(self, repository: str) -> list[str]:
        return registry_http.tags(self.address, repository)

    def delete_tag(self, repository: str, tag: str) -> None:
        """Delete one tag and leave the image: version 2.8 has no request for that."""
        shutil.rmtree(self._repositories() / repository / "_manifests" / "tags" / tag)

    def clear(self) -> None:
        """Forget all repositories and stop notifying. Layers stay, so the next push is quick."""
        self.notify(None)
        shutil.rmtree(self._repositories(), ignore_errors=True)

    def _repositories(self) -> Path:
        return self._folder / "data" / "docker" / "registry" / "v2" / "repositories"

    def _write_config(self, url: str | None, token: str = "", *, private: bool = False) -> bool:
        """Write the configuration (JSON is YAML too); whether it differs from the last one."""
        config: dict[str, Any] = {
            "version": 0.1,
            "log": {"level": "warn", "accesslog": {"disabled": True}},
            "storage": {
                "filesystem": {"rootdirectory": str(self._folder / "data")},
                "delete": {"enabled": True},
            },
            "http": {"addr": self.address, "secret": "one for all starts of this fleet"},
        }
        if url is not None:
            config["notifications"] = {"endpoints": [_endpoint(url, token)]}
        if private:
            login = {"realm": "fleet", "path": str(self._folder / "htpasswd")}
            config["auth"] = {"htpasswd": login}
        text = json.dumps(config, indent=2)
        if self._config.exists() and self._config.read_text() == text:
            return False
        write_whole(self._config, text)
        return True


def _endpoint(url: str, token: str) -> dict[str, Any]:
    """As a user would configure it: https://distribution.github.io/distribution/about/notifications/"""
    return {
        "name": "longshore",
        "url": url,
        "headers": {"Authorization": [f"Bearer {token}"]},
        "timeout": "3s",
        "threshold": 5,
        "backoff": "1s",
        "ignore": {"mediatypes": ["application/octet-stream"], "actions": ["pull", "mount"]},
    }
