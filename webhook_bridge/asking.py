# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the registry all that claims need to be decided: what tags mean, and who signed that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from webhook_bridge.decisions import Desired, needs_signature
from webhook_bridge.matching import Claim, Question
from webhook_bridge.recording import Answers, Checks
from webhook_bridge.registry.client import RegistryClient
from webhook_bridge.registry.resolving import resolve
from webhook_bridge.signatures.check import SignatureCheck
from webhook_bridge.signatures.checking import check_signature


def ask(
    registry: RegistryClient, claims: Sequence[Claim], before: Mapping[str, Desired]
) -> tuple[Answers, Checks]:
    """Return the answers to the questions of the claims, each asked once, and the signatures."""
    by_question: dict[Question, list[Claim]] = {}
    for claim in claims:
        by_question.setdefault(claim.question, []).append(claim)
    answers = {
        question: resolve(
            registry,
            question,
            pushed={claim.tag for claim in asking if claim.tag is not None},
            desired=before[asking[0].app],
        )
        for question, asking in by_question.items()
    }
    return answers, _check_signatures(registry, claims, answers, before)


def _check_signatures(
    registry: RegistryClient,
    claims: Sequence[Claim],
    answers: Answers,
    before: Mapping[str, Desired],
) -> Checks:
    checks: dict[tuple[str, str], SignatureCheck] = {}
    for claim in claims:
        resolved = answers[claim.question]
        key = claim.app, str(resolved.digest)
        if claim.signature is None or key in checks:
            continue
        if needs_signature(claim, resolved, before[claim.app]):
            keys = claim.signature.cosign_key
            checks[key] = check_signature(registry, claim.image, key[1], keys)
    return checks
