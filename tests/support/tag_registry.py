# SPDX-License-Identifier: GPL-3.0-or-later
"""A registry over HTTP whose tags a test moves, removes, breaks, or answers late."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.fake_registry import Asked, FakeRegistry, Says, fake_registry


@dataclass
class TagRegistry:
    """`digests` is what each tag means; `broken` is the status of every answer, if set.

    While `gate` is closed no answer leaves, but each is what was true when the question came.
    """

    digests: dict[str, str] = field(default_factory=dict)
    broken: int | None = None
    gate: threading.Event = field(default_factory=threading.Event)
    server: FakeRegistry | None = None

    @property
    def host(self) -> str:
        assert self.server is not None
        return self.server.host

    @property
    def asked(self) -> int:
        """Count the questions that came."""
        assert self.server is not None
        return len(self.server.asked)

    def answer(self, asked: Asked) -> Says:
        if "/tags/list" in asked.path:
            return Says(self.broken or 200, body=json.dumps({"tags": list(self.digests)}).encode())
        digest = self.digests.get(asked.path.rpartition("/")[2])
        status = self.broken or (404 if digest is None else 200)
        self.gate.wait(20)
        return Says(status, {} if digest is None else {"Docker-Content-Digest": digest})


@contextmanager
def tag_registry(**digests: str) -> Iterator[TagRegistry]:
    """Run one with these tags."""
    tags = TagRegistry(dict(digests))
    tags.gate.set()
    with fake_registry(tags.answer) as tags.server:
        yield tags
        tags.gate.set()
