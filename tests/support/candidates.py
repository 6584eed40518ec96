# SPDX-License-Identifier: GPL-3.0-or-later
"""What is decided of one candidate, with a test's words for it."""

from __future__ import annotations

from webhook_bridge.domain.references import parse_image_name
from webhook_bridge.domain.verdicts import Verdict
from webhook_bridge.intake.decisions import (
    DecisionContext,
    Desired,
    Later,
    NewDigest,
    TagResolution,
    decide_candidate,
)
from webhook_bridge.intake.matching import UpdateCandidate
from webhook_bridge.tags import Track
from webhook_bridge.tags.schema import parse_track

OLD, NEW, OTHER = (f"sha256:{letter * 64}" for letter in "abc")
SHOP = parse_image_name("docker.io/acme/shop")
LATEST = parse_track("latest")
NOON = 1_800_000_000.0


def found(digest: str, tag: str) -> TagResolution:
    return TagResolution(digest, tag=tag)


def tracked(
    track: Track,
    pushed: str | None,
    resolved: TagResolution,
    desired: Desired,
    *,
    min_age: float = 0.0,
    moment: DecisionContext | None = None,
) -> Verdict | Later | NewDigest:
    claim = UpdateCandidate("shop", SHOP, track, pushed, None, min_age)
    return decide_candidate(claim, resolved, desired, moment or DecisionContext(NOON))


def code_of(decision: object) -> str:
    assert isinstance(decision, Verdict), decision
    return decision.code


def unanswered(code: str = "registry_unreachable", *, after: float | None = None) -> TagResolution:
    return TagResolution(None, code, "no answer", retryable=True, retry_after_s=after)
