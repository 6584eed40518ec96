# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks Azure Storage, and how a request shows it.

Facts: learn.microsoft.com/rest/api/storageservices "Authorize with Shared Key" (what is signed, for
version 2015-02-21 and later), "Delegate access with a shared access signature", "Authorize with
Microsoft Entra ID"; learn.microsoft.com/entra/identity/managed-identities-azure-resources "How to
use managed identities to acquire an access token": the address and the header `Metadata`. The names
of variables are those of Azure's command line, AZURE_CLIENT_ID that of its libraries.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

import requests

from webhook_bridge.queues.base import QueueUnavailable, first_line

VERSION = "2021-12-02"
"""The version of the service that is asked for."""
_IDENTITY = "http://169.254.169.254/metadata/identity/oauth2/token"
_IDENTITY_WITHIN_S = 5
_RENEWED_BEFORE_S = 300.0


class Credential(Protocol):
    """What a request needs so that it is answered."""

    def apply(self, request: requests.PreparedRequest) -> None:
        """Add it to a request that has all else."""


@dataclass(frozen=True)
class SharedAccess:
    """A shared access signature: a part of the address."""

    token: str = field(repr=False)

    def apply(self, request: requests.PreparedRequest) -> None:
        """Add it to the query."""
        request.prepare_url(request.url, self.token)


@dataclass(frozen=True)
class AccountKey:
    """A key of the account, with which each request is signed."""

    account: str
    key: bytes = field(repr=False)

    def apply(self, request: requests.PreparedRequest) -> None:
        """Sign it."""
        signed = hmac.new(self.key, self._text(request).encode(), hashlib.sha256).digest()
        signature = base64.b64encode(signed).decode()
        request.headers["Authorization"] = f"SharedKey {self.account}:{signature}"

    def _text(self, request: requests.PreparedRequest) -> str:
        ours = sorted(
            (name.lower(), value)
            for name, value in request.headers.items()
            if name.lower().startswith("x-ms-")
        )
        length = request.headers.get("Content-Length", "0")
        of_http = ["", "", "" if length == "0" else length, "", *[""] * 7]
        return "\n".join(
            [
                str(request.method),
                *of_http,
                *(f"{name}:{value}" for name, value in ours),
                self._resource(str(request.url)),
            ]
        )

    def _resource(self, url: str) -> str:
        parts = urlsplit(url)
        query = sorted((name.lower(), value) for name, value in parse_qsl(parts.query))
        lines = [f"{name}:{value}" for name, value in query]
        return "\n".join([f"/{self.account}{parts.path}", *lines])


@dataclass
class ManagedIdentity:
    """The identity of this virtual machine; its token is kept until shortly before its end."""

    client_id: str = ""
    endpoint: str = _IDENTITY
    token: str = field(default="", repr=False)
    until: float = 0.0

    def apply(self, request: requests.PreparedRequest) -> None:
        """Add a token; raises QueueUnavailable where this machine has no identity."""
        if time.time() > self.until:
            self._fetch()
        request.headers["Authorization"] = f"Bearer {self.token}"

    def _fetch(self) -> None:
        query = {"api-version": "2018-02-01", "resource": "https://storage.azure.com/"}
        query |= {"client_id": self.client_id} if self.client_id else {}
        try:
            with requests.Session() as session:
                session.trust_env = False  # no proxy is on the way to this address
                answer = session.get(
                    self.endpoint,
                    params=query,
                    headers={"Metadata": "true"},
                    timeout=_IDENTITY_WITHIN_S,
                    allow_redirects=False,
                )
            found = answer.json()
            self.token = str(found["access_token"])
            lifetime = float(found["expires_in"])
        except (requests.RequestException, ValueError, KeyError, TypeError):
            raise QueueUnavailable(
                "there are no credentials: neither credential_file, nor AZURE_STORAGE_SAS_TOKEN or "
                "AZURE_STORAGE_KEY in the environment, nor a managed identity of this machine"
            ) from None
        # A time that has passed, or is about to, is asked about again after a minute at most.
        self.until = time.time() + max(lifetime - _RENEWED_BEFORE_S, 60.0)


def find_credential(account: str, file: Path | None, environ: Mapping[str, str]) -> Credential:
    """Return what is there: of the file, else of the environment, else the machine's identity.

    Raises QueueUnavailable where the file or a variable cannot be used.
    """
    if file is not None:
        return _written(_text_of(file), account, place=str(file))
    if token := environ.get("AZURE_STORAGE_SAS_TOKEN"):
        return _written(token, account, place="AZURE_STORAGE_SAS_TOKEN")
    if key := environ.get("AZURE_STORAGE_KEY"):
        return _written(key, account, place="AZURE_STORAGE_KEY")
    return ManagedIdentity(environ.get("AZURE_CLIENT_ID", ""))


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise QueueUnavailable(first_line(f"{file} cannot be read: {error}")) from None


def _written(text: str, account: str, *, place: str) -> Credential:
    """Return a signature or a key, told apart by the `sig` that each signature has."""
    text = text.strip().removeprefix("?")
    if any(name == "sig" for name, _ in parse_qsl(text)):
        return SharedAccess(text)
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise QueueUnavailable(
            f"{place} must hold a shared access signature (sv=...&sig=...) or a key of the account"
        )
    return AccountKey(account, key)
