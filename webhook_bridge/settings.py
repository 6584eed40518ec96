# SPDX-License-Identifier: GPL-3.0-or-later
"""Read longshore.toml once, at start, into frozen models; refuse anything that is not known."""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from webhook_bridge.durations import Duration, parse_duration
from webhook_bridge.errors import ConfigurationError
from webhook_bridge.hook_settings import Hook, HookName, read_hooks
from webhook_bridge.host_names import host_name
from webhook_bridge.problems import describe_problems
from webhook_bridge.registry.access import RegistryAccess
from webhook_bridge.registry_settings import RegistryKey, RegistryTable, read_registry
from webhook_bridge.retention import RetentionTable
from webhook_bridge.secrets_files import SecretPlaces


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_LAST_PORT = 65535


def _listen_address(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) <= _LAST_PORT:
        raise ValueError("must be host:port, for example 127.0.0.1:8090")
    return value


def _plain_host(value: str) -> str:
    if host_name(value) is None or ":" in value:
        raise ValueError("must be a host name without port, for example longshore.example.com")
    return value.lower()


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError(f"{error}; write for example 192.0.2.7 or 10.0.0.0/8") from None
    return value


class ServerTable(_Table):
    """Where `longshore serve` listens; the address is loopback unless somebody changes it."""

    listen: Annotated[str, AfterValidator(_listen_address)] = "127.0.0.1:8090"
    threads: int = Field(default=8, ge=1, le=64)
    hosts: tuple[Annotated[str, AfterValidator(_plain_host)], ...] = ()
    trusted_proxies: tuple[Annotated[str, AfterValidator(_network)], ...] = ()


class AnsibleTable(_Table):
    """What every run hands to Ansible; paths are relative to the settings file."""

    inventory: Path = Path("inventory")
    apps_file: Path = Path("inventory/group_vars/all/apps.yml")
    config: Path | None = None
    vault_password_file: Path | None = None
    forks: int = Field(default=25, ge=1, le=500)
    environment: tuple[str, ...] = ()


class DeployTable(_Table):
    """When runs start, how many at once, and how long one may take."""

    concurrent_runs: int = Field(default=2, ge=1, le=32)
    deadline: Duration = 3600.0
    catch_up_every: Duration = 30.0
    catch_up_at_most_every: Duration = 600.0
    registry_patience: Duration = 3600.0


def _interval(value: object) -> object:
    return None if value == "off" else parse_duration(value)


class PollTable(_Table):
    """How often the registries are asked for pushes that nobody told of."""

    every: Annotated[float | None, BeforeValidator(_interval)] = 600.0
    budget: int = Field(default=3600, ge=1, le=1_000_000)


class ReconcileTable(_Table):
    """How often the hosts are looked at, and brought up to date where they differ."""

    every: Annotated[float | None, BeforeValidator(_interval)] = 900.0


class ApiTable(_Table):
    """The token of the JSON API; without one the API answers nobody."""

    token_file: Path | None = None


class SettingsFile(_Table):
    """longshore.toml as it is written."""

    state_dir: Path = Path("state")
    server: ServerTable = ServerTable()
    ansible: AnsibleTable = AnsibleTable()
    deploy: DeployTable = DeployTable()
    poll: PollTable = PollTable()
    hooks: dict[HookName, dict[str, Any]] = {}
    registries: dict[RegistryKey, RegistryTable] = {}
    api: ApiTable = ApiTable()
    reconcile: ReconcileTable = ReconcileTable()
    retention: RetentionTable = RetentionTable()


class Settings(_Table):
    """Everything that the settings file and the files it names say, checked."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    file: Path
    state_dir: Path
    server: ServerTable
    ansible: AnsibleTable
    deploy: DeployTable
    poll: PollTable
    reconcile: ReconcileTable
    retention: RetentionTable
    hooks: Mapping[str, Hook]
    registries: Mapping[str, RegistryAccess] = Field(repr=False)
    api_tokens: tuple[bytes, ...] = Field(repr=False)


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
            retention=written.retention,
            hooks=self._hooks(written),
            registries={
                host: self._registry(host, table) for host, table in written.registries.items()
            },
            api_tokens=self._api_tokens(written.api),
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

    def _api_tokens(self, table: ApiTable) -> tuple[bytes, ...]:
        if table.token_file is None and "LONGSHORE_API_TOKEN" not in self.environ:
            return ()
        try:
            return self.places.read(table.token_file, variable="LONGSHORE_API_TOKEN")
        except ValueError as error:
            self.problems.append(f"{self.file}: api.token_file: {error}")
            return ()
