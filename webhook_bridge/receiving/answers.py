# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers in JSON that are given before, and without, Flask."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

PROVEN = "longshore.proven"
"""In the WSGI environ of a request whose sender has shown a secret; its connection is kept."""


@dataclass(frozen=True)
class Answer:
    """A status, a JSON object, and headers beyond type and length."""

    status: HTTPStatus
    body: Mapping[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)

    def send(self, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a WSGI request with it."""
        body = json.dumps(self.body).encode()
        start_response(
            f"{self.status.value} {self.status.phrase}",
            [
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(body))),
                *self.headers.items(),
            ],
        )
        return [body]


def refusal(status: HTTPStatus, code: str, message: str, **headers: str) -> Answer:
    """Return an error in the one shape that all of ours have; `Retry_After=…` is a header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"error": code, "message": message}, named)
