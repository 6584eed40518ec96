# SPDX-License-Identifier: GPL-3.0-or-later
"""How a registry is reached, and which hosts may see its credentials."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

_API_HOSTS = {"docker.io": "registry-1.docker.io"}
_KNOWN_REALMS = {"docker.io": ("auth.docker.io",), "registry.gitlab.com": ("gitlab.com",)}
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class RegistryAccess:
    """What the configuration says about one registry."""

    host: str
    """Host or host:port, such as ``docker.io``."""
    plain_http: bool = False
    """Speak HTTP without TLS, to the registry and to its token service."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    credential_command: tuple[str, ...] = ()
    """A credential helper and its arguments, asked where there is no user name."""
    lend: bool = False
    """Lend the hosts of a run this login for their pulls."""
    ca_file: str | None = None
    """Certificates of its authority, PEM; None: the public ones."""
    token_realms: tuple[str, ...] = ()
    """Hosts (host or host:port) besides its own that may hand out its tokens."""
    mirrors: tuple[str, ...] = ()
    """Hosts, each with an optional path, that are asked before it for what it holds."""

    @property
    def api_url(self) -> str:
        """Return where its API is, without a slash at the end."""
        scheme = "http" if self.plain_http else "https"
        return f"{scheme}://{_API_HOSTS.get(self.host, self.host)}"

    def trusts_realm(self, realm: str) -> bool:
        """Say whether the credentials may be sent to this URL of a token service.

        The URL comes from the registry's answer. The port counts: another port of the same host
        may be another's service.
        """
        try:
            url = urlsplit(realm)
            asked = _authority(url, default_port=_DEFAULT_PORTS.get(url.scheme))
        except ValueError:
            return False
        if url.scheme != "https" and not (self.plain_http and url.scheme == "http"):
            return False
        return "@" not in url.netloc and asked in self._realms(_DEFAULT_PORTS[url.scheme])

    def _realms(self, default_port: int) -> set[tuple[str | None, int | None]]:
        own = urlsplit(self.api_url)
        realms = {_authority(own, default_port=_DEFAULT_PORTS[own.scheme])}
        for host in (*_KNOWN_REALMS.get(self.host, ()), *self.token_realms):
            realms.add(_authority(urlsplit(f"//{host}"), default_port=default_port))
        return realms


def _authority(url: SplitResult, *, default_port: int | None) -> tuple[str | None, int | None]:
    return url.hostname, url.port or default_port
