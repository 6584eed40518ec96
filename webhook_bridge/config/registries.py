# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of registries in longshore.toml: how the bridge itself reaches each of them."""

from __future__ import annotations

import shutil
import ssl
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from webhook_bridge.config.secret_files import SecretPlaces
from webhook_bridge.domain.references import is_repository, parse_image_name, parse_registry
from webhook_bridge.registry.access import RegistryAccess


def _key(value: str) -> str:
    """Check that the apps' images begin with this: else nobody would look here."""
    host, slash, path = value.partition("/")
    if not is_repository(path):
        host, slash, path = value, "", ""
    registry = parse_registry(host)
    if registry != host:
        raise ValueError(f"is known as {registry}{slash}{path} here; write that")
    return value


RegistryKey = Annotated[str, AfterValidator(_key)]


def _mirror(value: str) -> str:
    """Check a host with an optional path below it: a repository's name is added at the end."""
    parse_image_name(f"{value}/any/name")
    if value.partition("/")[0] == value and not {".", ":"} & set(value):
        raise ValueError(
            f"{value!r} must be a host, for example mirror.example.com or harbor.example.com/hub"
        )
    return value


_NOTHING_TO_LEND = (
    "lend: there is no login to lend: set credential_command, or username and password_file"
)


class RegistryTable(BaseModel):
    """How the bridge itself reaches one registry."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    plain_http: bool = False
    username: str | None = None
    password_file: Path | None = None
    credential_command: Annotated[tuple[str, ...], Field(max_length=20)] = ()
    lend: bool = False
    ca_file: Path | None = None
    token_realms: tuple[str, ...] = ()
    mirrors: tuple[Annotated[str, AfterValidator(_mirror)], ...] = ()

    def problems(self) -> list[str]:
        """Return what is wrong beyond the types, each as `key: sentence`."""
        if not self.credential_command:
            return [_NOTHING_TO_LEND] if self.lend and self.username is None else []
        if self.username is not None:
            return ["credential_command: is set beside username; keep one of them"]
        if shutil.which(self.credential_command[0]) is None:
            return [f"credential_command: {self.credential_command[0]!r} must be a program on PATH"]
        return []


def read_registry(
    key: str, table: RegistryTable, places: SecretPlaces
) -> tuple[RegistryAccess, list[str]]:
    """Return the access to a registry, and every problem with its table as `key: sentence`.

    `key` is the registry, or that and the beginning of a repository's path.
    """
    problems = table.problems()
    password, problem = _password(key, table, places)
    problems += [problem] if problem else []
    ca_file = None if table.ca_file is None else places.folder / table.ca_file
    if ca_file is not None and not ca_file.exists():
        problems.append(f"ca_file: {ca_file} does not exist")
    elif ca_file is not None and not _holds_certificates(ca_file):
        problems.append(f"ca_file: {ca_file} holds no certificate in PEM that can be read")
    values: dict[str, Any] = table.model_dump(exclude={"password_file", "ca_file"})
    path = None if ca_file is None else str(ca_file)
    host = key.partition("/")[0]
    return RegistryAccess(host=host, **values, password=password, ca_file=path), problems


def _holds_certificates(file: Path) -> bool:
    try:
        ssl.create_default_context(cafile=file)
    except OSError:
        return False
    return True


def _password(
    host: str, table: RegistryTable, places: SecretPlaces
) -> tuple[str | None, str | None]:
    if table.username is None:
        return None, None
    variable = f"LONGSHORE_REGISTRIES_{_variable_part(host)}_PASSWORD"
    try:
        found = places.read(table.password_file, variable=variable, strong=False)
    except ValueError as error:
        return None, f"password_file: {error}"
    return found[0].decode(), None


def _variable_part(host: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in host).upper()
