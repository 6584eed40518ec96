# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder as its owner and the first start leave it: settings, apps, secrets, inventory, state."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from tests.support.databases import lay_database
from webhook_bridge.config.settings import Settings, load_settings

SECRET = "correct-horse-battery-staple-0123456789"
TOKEN = "token-of-the-api-0123456789-0123456789"
ENVIRON: dict[str, str] = {}


def free_port() -> int:
    """Return a port of the loopback that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Installation:
    """Two hooks (`hub` of Docker Hub, `mine` of a registry), the API's token, and apps."""

    def __init__(self, folder: Path, *, registry: str = "127.0.0.1:1") -> None:
        self.folder = folder
        self.registry = registry
        self.port = free_port()
        self.file = folder / "longshore.toml"
        self.state = folder / "state"
        lay_database(self.state / "longshore.db")
        self.apps_file = folder / "inventory" / "group_vars" / "all" / "apps.yml"
        self.apps_file.parent.mkdir(parents=True)
        self.write_inventory("h1", "h2", "h3")
        self.write_app("shop")
        for name, secret in (("hub", SECRET), ("mine", SECRET), ("token", TOKEN)):
            file = folder / name
            file.touch(mode=0o600)
            file.write_text(secret)
        self.write_settings()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def image(self) -> str:
        return f"{self.registry}/acme/shop"

    def write_inventory(self, *hosts: str) -> None:
        """Write hosts that are this machine itself."""
        entries = {host: {"ansible_connection": "local"} for host in hosts}
        text = json.dumps({"web": {"hosts": entries}})  # JSON is YAML
        (self.folder / "inventory" / "hosts.yml").write_text(text)

    def write_app(self, *names: str, **fields: object) -> None:
        """Declare these apps, all of the same image."""
        app = {"image": self.image, "hosts": "web"} | fields
        self.apps_file.write_text(json.dumps({"apps": dict.fromkeys(names, app)}))

    def write_settings(self, deploy: str = "") -> None:
        self.file.write_text(
            f"""
            [server]
            listen = "127.0.0.1:{self.port}"
            [deploy]
            {deploy}
            [hooks.hub]
            source = "dockerhub"
            secret_file = "hub"
            [hooks.mine]
            source = "distribution"
            registry = "{self.registry}"
            secret_file = "mine"
            [registries."{self.registry}"]
            plain_http = true
            [api]
            token_file = "token"
            """
        )

    def settings(self) -> Settings:
        return load_settings(self.file, environ=ENVIRON)
