# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests as senders make them, and the sources that read them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.sources import SOURCES
from webhook_bridge.sources.base import Source
from webhook_bridge.sources.pushes import NotAPush, Push

PAYLOADS = Path(__file__).parent / "payloads"
NOW = 1_790_000_000.0


# What a hook's table needs beside `source`.
_NEEDED: Mapping[str, Mapping[str, Any]] = {
    "acr": {"registry": "acme.azurecr.io"},
    "distribution": {"registry": "registry.example.com"},
    "forgejo": {"registry": "git.example.com"},
    "gitea": {"registry": "git.example.com"},
    "gitlab": {"projects": {"gitlab-org/gitlab-test": ["gitlab-org/gitlab-test"]}},
    "google": {
        "audience": "https://deploy.example.com",
        "service_account": "push@acme-prod.iam.gserviceaccount.com",
    },
    "harbor": {"registry": "harbor.example.com"},
    "jfrog": {"registry": "acme.jfrog.example.com"},
    "sns": {"topics": ["arn:aws:sns:us-west-2:123456789012:ecr-push"]},
    "zot": {"registry": "zot.example.com"},
}


def needed_by(source: str) -> Mapping[str, Any]:
    """Return the keys of the shortest table beside `source`."""
    return _NEEDED.get(source, {})


def sender(source: str, **table: Any) -> Source:
    """Return a source as a hook's table configures it, by default in the shortest way."""
    return SOURCES[source].model_validate({"source": source, **needed_by(source), **table})


def received(
    body: bytes = b"{}",
    headers: Mapping[str, str] | None = None,
    *,
    at: float = NOW,
    path_secret: bytes = b"",
) -> InboundRequest:
    return InboundRequest(headers or {}, body, at, path_secret)


def payload(name: str, headers: Mapping[str, str] | None = None) -> InboundRequest:
    """Return a request with a recorded body."""
    return received((PAYLOADS / name).read_bytes(), headers)


def codes(claims: list[Push | NotAPush]) -> list[str]:
    """Return the reason of each claim; ``push`` for one that is a push."""
    return [claim.code if isinstance(claim, NotAPush) else "push" for claim in claims]


def hex_signature(body: bytes, secret: bytes, algorithm: str = "sha256") -> str:
    return hmac.new(secret, body, getattr(hashlib, algorithm)).hexdigest()
