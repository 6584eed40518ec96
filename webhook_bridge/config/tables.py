# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of longshore.toml that belong to no other module."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from webhook_bridge.config.durations import Duration, parse_duration
from webhook_bridge.config.http_hosts import host_name

_LAST_PORT = 65535
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class StrictTable(BaseModel):
    """A table in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _listen_address(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) <= _LAST_PORT:
        raise ValueError("must be host:port, for example 127.0.0.1:8090")
    return value


def _plain_host(value: str) -> str:
    if host_name(value) is None or ":" in value:
        raise ValueError("must be a host name without port, for example longshore.example.com")
    return value.lower()


def _public_url(value: str) -> str:
    parts = urlsplit(value)
    plain = not (parts.path.strip("/") or parts.query or parts.fragment)
    if parts.scheme not in ("https", "http") or host_name(parts.netloc) is None or not plain:
        raise ValueError("must be https://host, without a path, as https://longshore.example.com")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError(f"{error}; write for example 192.0.2.7 or 10.0.0.0/8") from None
    return value


class ServerTable(StrictTable):
    """Where `longshore serve` listens; the address is loopback unless somebody changes it."""

    listen: Annotated[str, AfterValidator(_listen_address)] = "127.0.0.1:8090"
    threads: int = Field(default=8, ge=1, le=64)
    hosts: tuple[Annotated[str, AfterValidator(_plain_host)], ...] = ()
    trusted_proxies: tuple[Annotated[str, AfterValidator(_network)], ...] = ()
    url: Annotated[str, AfterValidator(_public_url)] | None = None

    @property
    def public_url(self) -> str:
        """Where people reach it: what `url` says, else the first of `hosts`, else itself."""
        return self.url or (f"https://{self.hosts[0]}" if self.hosts else f"http://{self.listen}")

    @property
    def names(self) -> tuple[str, ...]:
        """The host names that it answers under."""
        named = host_name(urlsplit(self.url).netloc) if self.url else None
        return self.hosts if named is None else (*self.hosts, named)


def _variable(value: str) -> str:
    name = value.removesuffix("*")
    if not _VARIABLE.fullmatch(name):
        raise ValueError(
            f"{value!r} must be the name of a variable, for example AWS_PROFILE, or how names "
            "begin with * at the end, for example AWS_*"
        )
    return value


class AnsibleTable(StrictTable):
    """What every run hands to Ansible; paths are relative to the settings file."""

    inventory: Path = Path("inventory")
    apps_file: Path = Path("inventory/group_vars/all/apps.yml")
    config: Path | None = None
    vault_password_file: Path | None = None
    forks: int = Field(default=25, ge=1, le=500)
    # A host that never answers holds up the first task of all the others.
    connect_timeout: Duration = 10.0
    environment: tuple[Annotated[str, AfterValidator(_variable)], ...] = ()


class DeployTable(StrictTable):
    """When runs start, how many at once, and how long one may take."""

    concurrent_runs: int = Field(default=2, ge=1, le=32)
    deadline: Duration = 3600.0
    catch_up_every: Duration = 30.0
    catch_up_at_most_every: Duration = 600.0
    registry_patience: Duration = 3600.0


def _interval(value: object) -> object:
    return None if value == "off" else parse_duration(value)


class PollTable(StrictTable):
    """How often the registries are asked for pushes that nobody told of."""

    every: Annotated[float | None, BeforeValidator(_interval)] = 600.0
    budget: int = Field(default=3600, ge=1, le=1_000_000)


class ReconcileTable(StrictTable):
    """How often the hosts are looked at, and brought up to date where they differ."""

    every: Annotated[float | None, BeforeValidator(_interval)] = 900.0


class InventoryTable(StrictTable):
    """How often the inventory is read, and how much of it one reading may lose.

    `max_loss` is a share of an app's hosts.
    """

    every: Annotated[float | None, BeforeValidator(_interval)] = 60.0
    max_loss: float = Field(default=0.5, ge=0.0, le=1.0)


class ApiTable(StrictTable):
    """The token of the JSON API; without one the API answers nobody."""

    token_file: Path | None = None
