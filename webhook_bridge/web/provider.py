# SPDX-License-Identifier: GPL-3.0-or-later
"""The OpenID Connect provider of the settings, and who a person is here by what it says."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from webhook_bridge.authentication.openid_connect import (
    Person,
    Provider,
    ProviderTrouble,
    logout_url,
)
from webhook_bridge.config.auth import Auth, OidcTable
from webhook_bridge.domain.roles import granted_to_groups, is_name
from webhook_bridge.domain.users import Identity, Session
from webhook_bridge.operations.signing_in import Claimed
from webhook_bridge.web.current import current_bridge

_log = logging.getLogger(__name__)
# Each holds a thread of the server for as long as the provider takes: the others are for hooks.
_CONVERSATIONS = threading.BoundedSemaphore(2)
_NAMES = ("preferred_username", "email", "sub")


@contextmanager
def conversation() -> Iterator[None]:
    """Hold one of the few conversations with the provider.

    Raises ProviderTrouble where there are too many already.
    """
    if not _CONVERSATIONS.acquire(blocking=False):
        raise ProviderTrouble("too many people sign in at this moment")
    try:
        yield
    finally:
        _CONVERSATIONS.release()


def provider_of(auth: Auth) -> Provider | None:
    """Return the provider of the settings; None where there is none."""
    table = auth.oidc
    if table is None:
        return None
    ca_file = None if table.ca_file is None else str(table.ca_file)
    return Provider(table.issuer, table.client_id, auth.client_secret, table.scopes, ca_file)


def claimed_by(person: Person, table: OidcTable) -> Claimed:
    """Return who somebody is here: by issuer and subject, whatever they are called."""
    claims = person.claims
    subject = str(claims["sub"])
    names = [str(claims.get(name, "")) for name in _NAMES]
    return Claimed(
        identity=Identity(table.issuer, subject),
        name=next(filter(is_name, names), "user"),
        grants=granted_to_groups(groups_in(claims, table.groups_claim), table.mapped),
        method="oidc",
        id_token=person.id_token,
    )


def groups_in(claims: Mapping[str, Any], name: str) -> list[str]:
    """Return the groups of a claim: a list of texts, or one text.

    `realm_access.roles` is the claim of that name, else `roles` inside `realm_access`.
    """
    found: Any = claims.get(name)
    if found is None:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    listed = found if isinstance(found, list) else [found]
    return [one for one in listed if isinstance(one, str)]


def way_out(session: Session) -> str | None:
    """Return where whoever had a session signs out at the provider; None where nowhere."""
    bridge = current_bridge()
    provider = provider_of(bridge.settings.auth)
    if provider is None or session.method != "oidc":
        return None
    back = f"{bridge.settings.server.public_url}/sign-in"
    try:
        with conversation():
            return logout_url(provider, session.id_token, back)
    except ProviderTrouble as error:
        _log.warning("OpenID Connect: %s", error)
        return None
