# SPDX-License-Identifier: GPL-3.0-or-later
"""The table `[auth]`: who besides those of the command line may sign in, and for how long."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from webhook_bridge.config.durations import Duration
from webhook_bridge.config.http_hosts import host_name, is_loopback
from webhook_bridge.config.secret_files import SecretPlaces
from webhook_bridge.domain.roles import EVERY_APP, Mapped, Role

_HOUR = 3600.0
SECRET_VARIABLE = "LONGSHORE_AUTH_OIDC_CLIENT_SECRET"  # noqa: S105 -- the name of a variable
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")

_Groups = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]
GroupsByRole = dict[Role, _Groups]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MappedTable(_Strict):
    """Which groups have which role; who is in none of them has none."""

    roles: GroupsByRole = Field(default_factory=dict)
    apps: dict[str, GroupsByRole] = Field(default_factory=dict)

    @property
    def mapped(self) -> Mapped:
        """Return the names of groups by role, by app."""
        named: dict[str, Mapping[Role, tuple[str, ...]]] = dict(self.apps)
        return {**named, EVERY_APP: self.roles}


def web_address(value: str) -> str:
    """Return an address that secrets may go to: over TLS, or on this very machine."""
    parts = urlsplit(value)
    host = host_name(parts.netloc)
    if host is None or parts.scheme not in ("https", "http") or parts.query or parts.fragment:
        raise ValueError("must be an address such as https://id.example.com/realms/acme")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("must start with https://: who is believed is decided there")
    return value


class OidcTable(MappedTable):
    """An OpenID Connect provider; the secret of its client is in a file, or there is none."""

    issuer: Annotated[str, AfterValidator(web_address), Field(max_length=255)]
    client_id: Annotated[str, Field(pattern=r"^[!-~]{1,255}$")]
    client_secret_file: Path | None = None
    ca_file: Path | None = None
    name: Annotated[str, Field(min_length=1, max_length=60)] = "single sign-on"
    scopes: tuple[Annotated[str, Field(pattern=r"^[!#-\[\]-~]{1,100}$")], ...] = (
        "openid",
        "profile",
        "email",
    )
    groups_claim: Annotated[str, Field(min_length=1, max_length=255)] = "groups"


def _header(value: str) -> str:
    if not _HEADER.fullmatch(value):
        raise ValueError("must be the name of a header, for example X-Forwarded-User")
    return value


class ProxyTable(MappedTable):
    """Headers by which a proxy in `server.trusted_proxies` says who asks."""

    header: Annotated[str, AfterValidator(_header)]
    groups_header: Annotated[str, AfterValidator(_header)] | None = None


class AuthTable(_Strict):
    """How long sessions last, and who else says who somebody is."""

    session_idle: Duration = 12 * _HOUR
    session_age: Duration = 7 * 24 * _HOUR
    oidc: OidcTable | None = None
    proxy: ProxyTable | None = None


class Auth(_Strict):
    """`[auth]` with the secrets that it names."""

    session_idle: float
    session_age: float
    oidc: OidcTable | None
    proxy: ProxyTable | None
    client_secret: str | None = Field(default=None, repr=False)


def read_auth(
    table: AuthTable, places: SecretPlaces, *, trusted_proxies: tuple[str, ...]
) -> tuple[Auth, list[str]]:
    """Return the table with its secrets, and what is wrong with it as `key: sentence`."""
    problems: list[str] = []
    if table.proxy is not None and not trusted_proxies:
        problems.append(
            "proxy: needs server.trusted_proxies: from any other sender the header is a claim of "
            "its own"
        )
    oidc, secret = table.oidc, None
    if oidc is not None:
        if "openid" not in oidc.scopes:
            problems.append('oidc.scopes: must have "openid" among them')
        try:
            secret = _client_secret(oidc, places)
        except ValueError as error:
            problems.append(f"oidc.client_secret_file: {error}")
        oidc = oidc.model_copy(update={"ca_file": oidc.ca_file and places.folder / oidc.ca_file})
        if oidc.ca_file is not None and not oidc.ca_file.exists():
            problems.append(f"oidc.ca_file: {oidc.ca_file} does not exist")
    found = Auth(
        session_idle=table.session_idle,
        session_age=table.session_age,
        oidc=oidc,
        proxy=table.proxy,
        client_secret=secret,
    )
    return found, problems


def _client_secret(oidc: OidcTable, places: SecretPlaces) -> str | None:
    if oidc.client_secret_file is None and SECRET_VARIABLE not in places.environ:
        return None  # a public client: PKCE alone
    found = places.read(oidc.client_secret_file, variable=SECRET_VARIABLE, strong=False)
    return found[0].decode()
