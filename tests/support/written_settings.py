# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that a test writes into a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from webhook_bridge.config.settings import Settings, load_settings
from webhook_bridge.errors import ConfigurationError

SECRET = "s" * 43
HUB = '[hooks.hub]\nsource = "dockerhub"\nsecret_file = "hub"\n'


class Written:
    """A folder with a valid inventory and secrets, and the settings a test writes into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "longshore.toml"
        apps = folder / "inventory" / "group_vars" / "all" / "apps.yml"
        apps.parent.mkdir(parents=True)
        apps.write_text("apps: {}\n")
        self.secret("hub", SECRET)

    def secret(self, name: str, content: str, *, mode: int = 0o600) -> Path:
        file = self.folder / name
        file.write_text(content + "\n")
        file.chmod(mode)
        return file

    def load(self, text: str, **environ: str) -> Settings:
        self.file.write_text(text)
        return load_settings(self.file, environ=environ)

    def problems(self, text: str, **environ: str) -> list[str]:
        with pytest.raises(ConfigurationError) as caught:
            self.load(text, **environ)
        assert all(line.startswith(f"{self.file}: ") for line in caught.value.problems)
        return [line.removeprefix(f"{self.file}: ") for line in caught.value.problems]

    def problem(self, text: str, **environ: str) -> str:
        [line] = self.problems(text, **environ)
        return line
