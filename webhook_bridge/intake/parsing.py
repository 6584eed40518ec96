# SPDX-License-Identifier: GPL-3.0-or-later
"""What a stored delivery claims: read by its sender's rules, matched with the apps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from webhook_bridge.config.apps import Apps
from webhook_bridge.config.hooks import Hook
from webhook_bridge.domain.deliveries import MESSAGE_ID, Delivery
from webhook_bridge.domain.inbound import InboundRequest, identifier
from webhook_bridge.domain.verdicts import Verdict
from webhook_bridge.intake.matching import (
    TagLookup,
    UpdateCandidate,
    candidate_of,
    match_push,
    newest_candidates,
)
from webhook_bridge.strict_json import MalformedBody, parse_object

POLL = "poll"
"""The source of what the bridge found by itself; no hook can have it."""


@dataclass(frozen=True)
class ParsedDelivery:
    """A delivery with what it claims, and the verdicts on what it claims of no app."""

    delivery: Delivery
    candidates: tuple[UpdateCandidate, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    sender_name: str | None = None
    """What the sender calls the delivery."""

    @property
    def questions(self) -> frozenset[TagLookup]:
        """Return what the registry must be asked."""
        return frozenset(candidate.lookup for candidate in self.candidates)


def read_delivery(delivery: Delivery, *, hooks: Mapping[str, Hook], apps: Apps) -> ParsedDelivery:
    """Return what a delivery claims of our apps."""
    if delivery.source == POLL:
        return _read_poll(delivery, apps)
    hook = hooks.get(delivery.hook)
    if hook is None or hook.source != delivery.source:
        detail = f"hook {delivery.hook} is no longer configured"
        return ParsedDelivery(delivery, verdicts=(Verdict("hook_removed", detail),))
    received = InboundRequest(delivery.headers, delivery.body, delivery.received_at)
    try:
        items = hook.sender.read(received)
    except MalformedBody as error:
        return ParsedDelivery(delivery, verdicts=(Verdict("malformed", str(error)),))
    matches = [match_push(item, apps, hook_registry=hook.registry) for item in items]
    return ParsedDelivery(
        delivery,
        newest_candidates(candidate for candidates, _ in matches for candidate in candidates),
        tuple(verdict for _, verdicts in matches for verdict in verdicts),
        _sender_name(hook, received),
    )


def _sender_name(hook: Hook, received: InboundRequest) -> str | None:
    """Return the sender's own name for it, or else that of the queue which it came through."""
    name = hook.sender.delivery_id(received)
    if name is None and hook.sender.queue is not None:
        return identifier(received.word(MESSAGE_ID))
    return name


def _read_poll(delivery: Delivery, apps: Apps) -> ParsedDelivery:
    """Return the candidate that the poller found: its app, and the tag that it saw."""
    try:
        found = parse_object(delivery.body)
    except MalformedBody as error:
        return ParsedDelivery(delivery, verdicts=(Verdict("malformed", str(error)),))
    name, tag = str(found.get("app")), found.get("tag")
    if name not in apps:
        detail = f"app {name} is no longer declared"
        return ParsedDelivery(delivery, verdicts=(Verdict("no_app", detail),))
    return ParsedDelivery(delivery, (candidate_of(name, apps[name], tag=str(tag)),))
