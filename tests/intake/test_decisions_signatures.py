# SPDX-License-Identifier: GPL-3.0-or-later
"""What is decided of an image that has to be signed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.support.candidates import LATEST, NEW, NOON, OLD, SHOP, code_of, found, unanswered
from webhook_bridge.config.signature import Signature
from webhook_bridge.domain.verdicts import Verdict
from webhook_bridge.intake.decisions import (
    DecisionContext,
    Desired,
    Later,
    NewDigest,
    decide_candidate,
    needs_signature,
)
from webhook_bridge.intake.matching import UpdateCandidate
from webhook_bridge.signatures.check import SignatureCheck
from webhook_bridge.signatures.keys import CosignKeys

SIGNED = Signature.model_construct(cosign_key=CosignKeys(Path("cosign.pub"), ()), wait=60.0)


def signed(check: SignatureCheck | None, *, age: float = 0.0) -> Verdict | Later | NewDigest:
    claim = UpdateCandidate("shop", SHOP, LATEST, "latest", None, signature=SIGNED)
    moment = DecisionContext(NOON, first_seen_at=NOON - age, signature=check)
    return decide_candidate(claim, found(NEW, "latest"), Desired(OLD, {}), moment)


def test_only_an_image_with_a_good_signature_is_a_release() -> None:
    assert signed(SignatureCheck(good=True)) == NewDigest(NEW, "latest")
    assert isinstance(signed(None), Later)


def test_a_missing_signature_is_waited_for_and_then_blocks() -> None:
    missing = SignatureCheck(good=False, reason="no signature is there")

    early, late = signed(missing, age=58.0), signed(missing, age=61.0)

    assert isinstance(early, Later)
    assert early.wait == 2.0
    assert code_of(late) == "unsigned"
    assert "has no good signature: no signature is there; sign it with" in late.detail


def test_a_registry_that_cannot_tell_of_signatures_is_asked_again() -> None:
    busy = SignatureCheck(good=False, reason="busy", retryable=True, retry_after_s=90.0)

    decision = signed(busy, age=3600.0)

    assert isinstance(decision, Later)
    assert decision.wait == 90.0


def test_a_signature_is_looked_for_only_where_a_release_may_follow() -> None:
    claim = UpdateCandidate("shop", SHOP, LATEST, "latest", None, signature=SIGNED)

    assert needs_signature(claim, found(NEW, "latest"), Desired(OLD, {}))
    assert not needs_signature(claim, found(OLD, "latest"), Desired(OLD, {}))
    assert not needs_signature(claim, found(NEW, "latest"), Desired(OLD, {NEW: "put back"}))
    assert not needs_signature(claim, unanswered(), Desired(OLD, {}))
    assert not needs_signature(replace(claim, signature=None), found(NEW, "1"), Desired(OLD, {}))
