# SPDX-License-Identifier: GPL-3.0-or-later
"""What every queue is: the table that configures it, what it hands over, and what it is asked."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import ClassVar, Literal, Protocol, Self

from pydantic import BaseModel, ConfigDict, model_validator

LONGEST_NAME = 64
"""Characters of a queue's name where the address of a sender stands otherwise."""
_LONGEST_SENTENCE = 400
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\uffff]+")


class QueueUnavailable(Exception):
    """The queue cannot be read now; the message is the service's own sentence, without secrets."""


@dataclass(frozen=True)
class Message:
    """One message as the queue handed it over; it stays in the queue until it is deleted."""

    id: str
    """Equal each time that the queue hands this message out."""
    receipt: str = field(repr=False)
    """What this message is deleted, or kept from others, by."""
    body: bytes
    headers: Mapping[str, str]
    """Its attributes, as HTTP headers come: a character for each byte."""
    sent_at: float
    """When it came into the queue, in seconds since the epoch, by the service's clock."""
    times_received: int
    """How often it was handed out, this time included."""


class Queue(Protocol):
    """An open queue. Only one thread uses it; every method may raise QueueUnavailable."""

    def receive(self) -> Sequence[Message]:
        """Wait for messages, for some seconds, and return them; others do not see them for now."""

    def hide(self, messages: Sequence[Message]) -> None:
        """Keep these from others for as long as if they had just been received."""

    def give_back(self, messages: Sequence[Message]) -> None:
        """Let others receive these at once."""

    def delete(self, messages: Sequence[Message]) -> None:
        """Remove these for good."""

    def look(self) -> None:
        """Ask whether the queue is there for us, and change nothing."""


def as_header(text: str) -> str:
    """Return an attribute as WSGI hands over the bytes of a header: a character for each."""
    return text.encode("utf-8", "replace").decode("latin-1")


def first_line(text: str) -> str:
    """Return what a service says in one printable line.

    Further lines of a signature that AWS refuses repeat what was signed, a token among it.
    """
    first, *_ = text.strip().splitlines() or [""]
    return _UNPRINTABLE.sub(" ", first)[:_LONGEST_SENTENCE]


class QueueTable(BaseModel, ABC):
    """`[hooks.NAME.queue]`: which queue, and what a message has to show."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    package: ClassVar[str]
    """What its client imports, from which distribution, and the extra of ours that brings it."""
    distribution: ClassVar[str]
    extra: ClassVar[str]

    service: str

    proof: Literal["queue", "hook"] = "queue"
    """What proves a message: that it is in the queue, whose own policy says who may send; or the
    hook's secret too, which stands in the message's attributes."""
    http: bool = False
    """Whether the hook has its URL besides."""

    @model_validator(mode="after")
    def _extra_is_installed(self) -> Self:
        if not _is_installed(self.package):
            raise ValueError(
                f"needs the package {self.distribution}, which is not installed: "
                f"pip install 'longshore[{self.extra}]'"
            )
        return self

    @property
    @abstractmethod
    def name(self) -> str:
        """The queue as logs and deliveries name it, in LONGEST_NAME characters at most."""

    @property
    @abstractmethod
    def place(self) -> str:
        """What tells it from every other queue."""

    @abstractmethod
    def open(self) -> Queue:
        """Return the queue; nothing is asked before its first use."""


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # not even what the package is a part of
        return False
