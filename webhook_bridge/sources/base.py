# SPDX-License-Identifier: GPL-3.0-or-later
"""What every source is: the table that configures a hook, who may send, and what a body claims.

A new kind of sender is one module with one class of this shape, and one line in ``SOURCES``. The
fields of the class are the keys of its table in longshore.toml.
A source reads names only. Hosts, URLs and callbacks of a payload are never called: which
registry is asked, and which image runs, is our configuration's word.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from webhook_bridge.authentication import Scheme
from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.domain.references import parse_registry
from webhook_bridge.queues import QueueTable
from webhook_bridge.sources.addresses import is_in, parse_networks
from webhook_bridge.sources.pushes import NotAPush, Push

JSON = frozenset({"application/json"})


def _registry(text: str) -> str:
    """Return a registry as apps' images name it."""
    return parse_registry(text)


RegistryHost = Annotated[str, AfterValidator(_registry)]


class Source(BaseModel, ABC):
    """One kind of sender, configured for one hook."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    always_accepts: ClassVar[bool] = False
    """True: what authenticates is answered 2xx, even if it cannot be read."""
    content_types: ClassVar[frozenset[str]] = JSON
    """Media types it sends, in lower case, without parameters."""

    source: str
    registry: RegistryHost | None = None
    """The registry it speaks for; None: the events themselves say which."""
    secret_file: Path | None = None
    allow_from: tuple[str, ...] = Field(default=())
    """Addresses and networks that may send; empty: all. Never the only check."""
    queue: QueueTable | None = None
    """Where its deliveries wait for us; None: they come over HTTP."""

    @field_validator("allow_from")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        parse_networks(value)
        return value

    @property
    def over_http(self) -> bool:
        """Whether the hook has a URL."""
        return self.queue is None or self.queue.http

    @property
    def needs_secret(self) -> bool:
        """Whether there is a secret that a sender, or what it puts into a queue, has to show."""
        by_queue = self.queue is not None and self.queue.proof == "queue"
        return self.scheme.needs_secret and not (by_queue and not self.over_http)

    @property
    @abstractmethod
    def scheme(self) -> Scheme:
        """How its sender proves that it is the sender."""

    @abstractmethod
    def read(self, received: InboundRequest) -> list[Push | NotAPush]:
        """Return what a request claims: at least one entry, and equal entries once.

        :raises MalformedBody: where the body is not a JSON object that we read.
        """

    def delivery_id(self, _received: InboundRequest, /) -> str | None:
        """Return what the sender calls this delivery, equal when it repeats it; never raises."""
        return None

    def confirm(self, _received: InboundRequest, /) -> str | None:
        """Do what an authenticated sender asks for before it sends events.

        :returns: why that failed, so that the sender is asked to repeat it; None if nothing did.
        """
        return None

    def allows(self, address: str) -> bool:
        """Say whether a request may come from this address."""
        if not self.allow_from:
            return True
        return is_in(address, parse_networks(self.allow_from))
