# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request is answered, in values that no framework is needed for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

PROVEN = "longshore.proven"
"""In the WSGI environ of a request whose sender has shown a secret; its connection is kept."""


@dataclass(frozen=True)
class Answer:
    """A status, a JSON object, and headers beyond type and length."""

    status: HTTPStatus
    body: Mapping[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)


def refusal(status: HTTPStatus, code: str, message: str, **headers: str) -> Answer:
    """Return an error in the one shape that all of ours have; `Retry_After=…` is a header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"error": code, "message": message}, named)


def status_path(hook: str, identifier: str) -> str:
    """Return the path at which a hook's secret opens how far a delivery has come."""
    return f"/hooks/{hook}/deliveries/{identifier}"
