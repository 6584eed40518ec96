# SPDX-License-Identifier: GPL-3.0-or-later
"""A hook for every source, and requests to each with the proof that its own sender gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient

from tests.support import amazon
from tests.support.installation import SECRET
from tests.support.publisher import Publisher
from tests.support.sending import hex_signature, needed_by
from webhook_bridge.authentication import HmacSignature, PathSecret, Scheme
from webhook_bridge.authentication.oidc import OidcToken
from webhook_bridge.authentication.shared_secret import FixedHeader
from webhook_bridge.authentication.sns import SnsSignature
from webhook_bridge.config.hooks import Hook
from webhook_bridge.sources import SOURCES


@dataclass(frozen=True)
class Sent:
    """A request to a hook, with what proves it."""

    target: str
    proof: Mapping[str, str]
    body: bytes


class Senders:
    """Proves as each source's sender does; each hook is called like its source."""

    def __init__(self, hooks: Mapping[str, Hook], publisher: Publisher) -> None:
        self.publisher = publisher
        self.hooks = hooks

    def scheme(self, source: str) -> Scheme:
        return self.hooks[source].sender.scheme

    def sent(self, source: str, body: Any) -> Sent:
        """Return a request with a body that is JSON; Amazon signs some of its fields."""
        if isinstance(self.scheme(source), SnsSignature):
            body = amazon.message(**_strings(body), Timestamp=datetime.now(UTC).isoformat())
        return self.sent_bytes(source, json.dumps(body).encode())

    def sent_bytes(self, source: str, body: bytes) -> Sent:
        """Return a request with any body, proven where that does not depend on what it means."""
        scheme = self.scheme(source)
        target = f"/hooks/{source}"
        if isinstance(scheme, PathSecret):
            return Sent(f"{target}/{SECRET}", {}, body)
        return Sent(target, self._proof(scheme, body), body)

    def _proof(self, scheme: Scheme, body: bytes) -> dict[str, str]:
        if isinstance(scheme, SnsSignature):
            return {}
        if isinstance(scheme, OidcToken):
            claims = {name: values[0] for name, values in scheme.claims}
            return {"Authorization": f"Bearer {self.publisher.token(scheme.issuers[0], **claims)}"}
        if isinstance(scheme, HmacSignature):
            signature = hex_signature(body, SECRET.encode(), scheme.algorithm)
            return {scheme.header: scheme.prefix + signature}
        if isinstance(scheme, FixedHeader):
            return {scheme.name: SECRET}
        return {"Authorization": f"Bearer {SECRET}"}


def post(client: FlaskClient, sent: Sent, headers: Mapping[str, str]) -> int:
    """Send a request to an application without a server; return the answer's status."""
    answer = client.post(
        sent.target,
        data=sent.body,
        headers={**headers, **sent.proof},
        content_type="application/json",
    )
    return answer.status_code


def _strings(body: Any) -> dict[str, Any]:
    """Return the fields of a message that its sender signs anew; the topic stays the hook's."""
    signed = ("Message", "MessageId", "Subject", "Token", "SubscribeURL")
    return {name: body[name] for name in signed if isinstance(body.get(name), str)}


def hook_tables(keys_url: str, registries: Mapping[str, str]) -> str:
    """Return a hook for every source, as TOML; JSON's values are TOML's."""
    tables = []
    for source in SOURCES:
        table = {"source": source, **needed_by(source)}
        if source in registries:
            table["registry"] = registries[source]
        if source == "google":
            table["keys_url"] = keys_url
        if source not in ("google", "sns"):
            table["secret_file"] = "hub"
        tables.append(f"[hooks.{source}]")
        tables += [f"{key} = {_toml(value)}" for key, value in table.items()]
    return "\n".join(tables)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)} = {_toml(inner)}" for key, inner in value.items())
        return f"{{{', '.join(pairs)}}}"
    return json.dumps(value)
