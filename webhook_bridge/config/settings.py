# SPDX-License-Identifier: GPL-3.0-or-later
"""Read longshore.toml into frozen models; refuse anything that is not known."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, ValidationError

from webhook_bridge.config.auth import Auth, AuthTable, read_auth
from webhook_bridge.config.hooks import Hook, HookName, read_hooks
from webhook_bridge.config.registries import RegistryKey, RegistryTable, read_registry
from webhook_bridge.config.retention import RetentionTable
from webhook_bridge.config.secret_files import SecretPlaces
from webhook_bridge.config.tables import (
    AnsibleTable,
    ApiTable,
    DeployTable,
    InventoryTable,
    PollTable,
    ReconcileTable,
    ServerTable,
    StrictTable,
)
from webhook_bridge.config.validation_errors import describe_problems
from webhook_bridge.errors import ConfigurationError
from webhook_bridge.registry.access import RegistryAccess


class SettingsFile(StrictTable):
    """longshore.toml as it is written."""

    state_dir: Path = Path("state")
    server: ServerTable = ServerTable()
    ansible: AnsibleTable = AnsibleTable()
    deploy: DeployTable = DeployTable()
    poll: PollTable = PollTable()
    hooks: dict[HookName, dict[str, Any]] = Field(default_factory=dict)
    registries: dict[RegistryKey, RegistryTable] = Field(default_factory=dict)
    api: ApiTable = ApiTable()
    reconcile: ReconcileTable = ReconcileTable()
    inventory: InventoryTable = InventoryTable()
    retention: RetentionTable = RetentionTable()
    auth: AuthTable = AuthTable()


class Settings(StrictTable):
    """Everything that the settings file and the files it names say, checked."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    file: Path
    state_dir: Path
    server: ServerTable
    ansible: AnsibleTable
    deploy: DeployTable
    poll: PollTable
    reconcile: ReconcileTable
    inventory: InventoryTable
    retention: RetentionTable
    hooks: Mapping[str, Hook]
    registries: Mapping[str, RegistryAccess] = Field(repr=False)
    api_tokens: tuple[bytes, ...] = Field(repr=False)
    auth: Auth


def load_settings(file: Path, *, environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check a settings file.

    Raises ConfigurationError with every problem found, each naming file and key.
    """
    written = _read_file(file)
    reader = _Reader(file, os.environ if environ is None else environ)
    settings = reader.resolve(written)
    if reader.problems:
        raise ConfigurationError(reader.problems)
    return settings


def _read_file(file: Path) -> SettingsFile:
    try:
        data: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        return SettingsFile.model_validate(data)
    except FileNotFoundError:
        raise ConfigurationError([f"{file}: does not exist; run: longshore init"]) from None
    except ValidationError as error:
        raise ConfigurationError(describe_problems(file, error, model=SettingsFile)) from None
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError([f"{file}: {error}"]) from None


class _Reader:
    """Follow what the settings file names (paths, secrets), collecting the problems."""

    def __init__(self, file: Path, environ: Mapping[str, str]) -> None:
        self.file = file
        self.environ = environ
        self.places = SecretPlaces(file.parent.absolute(), environ)
        self.problems: list[str] = []

    def resolve(self, written: SettingsFile) -> Settings:
        return Settings(
            file=self.file,
            state_dir=self._path(written.state_dir),
            server=written.server,
            ansible=self._ansible(written.ansible),
            deploy=written.deploy,
            poll=written.poll,
            reconcile=written.reconcile,
            inventory=written.inventory,
            retention=written.retention,
            hooks=self._hooks(written),
            registries={
                host: self._registry(host, table) for host, table in written.registries.items()
            },
            api_tokens=self._api_tokens(written.api),
            auth=self._auth(written),
        )

    def _hooks(self, written: SettingsFile) -> dict[str, Hook]:
        hooks, problems = read_hooks(self.file, written.hooks, self.places)
        self.problems += problems
        return hooks

    def _path(self, path: Path) -> Path:
        return (self.file.parent / path).absolute()

    def _existing(self, key: str, path: Path | None) -> Path | None:
        if path is not None and not self._path(path).exists():
            self.problems.append(f"{self.file}: {key}: {self._path(path)} does not exist")
        return None if path is None else self._path(path)

    def _ansible(self, table: AnsibleTable) -> AnsibleTable:
        keys = ("inventory", "apps_file", "config", "vault_password_file")
        paths = {key: self._existing(f"ansible.{key}", getattr(table, key)) for key in keys}
        return table.model_copy(update=paths)

    def _registry(self, host: str, table: RegistryTable) -> RegistryAccess:
        access, problems = read_registry(host, table, self.places)
        self.problems += [f"{self.file}: registries.{host}.{problem}" for problem in problems]
        return access

    def _auth(self, written: SettingsFile) -> Auth:
        proxies = written.server.trusted_proxies
        auth, problems = read_auth(written.auth, self.places, trusted_proxies=proxies)
        self.problems += [f"{self.file}: auth.{problem}" for problem in problems]
        return auth

    def _api_tokens(self, table: ApiTable) -> tuple[bytes, ...]:
        if table.token_file is None and "LONGSHORE_API_TOKEN" not in self.environ:
            return ()
        try:
            return self.places.read(table.token_file, variable="LONGSHORE_API_TOKEN")
        except ValueError as error:
            self.problems.append(f"{self.file}: api.token_file: {error}")
            return ()
