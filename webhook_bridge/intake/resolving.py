# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the registry what a policy takes now, as a value that decisions can be made on."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from webhook_bridge.domain.references import ImageName
from webhook_bridge.intake.decisions import Desired, TagResolution, needs_signature
from webhook_bridge.intake.matching import TagLookup, UpdateCandidate
from webhook_bridge.intake.recording import Checks, TagResolutions
from webhook_bridge.registry.client import RegistryClient, RegistryError
from webhook_bridge.signatures.check import SignatureCheck
from webhook_bridge.signatures.checking import check_signature
from webhook_bridge.store.tag_sightings import BASELINE
from webhook_bridge.tags import ExactTag
from webhook_bridge.tags.policy import is_by_push, is_older, newest_first

# A candidate that is held is passed over; nobody holds more than a few in a row.
_MOST_CANDIDATES = 10


def resolve(
    registry: RegistryClient, lookup: TagLookup, *, pushed: Collection[str], desired: Desired
) -> TagResolution:
    """Return the tag and the digest that an app should run; never raises for registry errors.

    A policy is answered with its newest tag whose digest is not held and which is not older than
    the desired one. `pushed` are tags that a sender named: a registry may list them later.
    """
    try:
        if isinstance(lookup.track, ExactTag):
            tag = lookup.track.tag
            digest = registry.digest_of(lookup.image, tag, known=desired.digest)
            return TagResolution(digest, tag=tag)
        return _resolve_policy(registry, lookup, pushed=pushed, desired=desired)
    except RegistryError as error:
        return _failed(error)


def _resolve_policy(
    registry: RegistryClient, lookup: TagLookup, *, pushed: Collection[str], desired: Desired
) -> TagResolution:
    candidates = _candidates(registry, lookup, pushed=pushed, desired=desired)
    held: list[TagResolution] = []
    for tag in candidates[:_MOST_CANDIDATES]:
        if held and is_older(lookup.track, tag, desired.tag):
            break
        found = _digest_of(registry, lookup.image, tag)
        if found.digest is None and tag not in pushed:
            continue  # removed since it was listed
        if not _is_passed_over(found, pushed=pushed, desired=desired):
            return replace(found, passed_over={str(one.tag): str(one.digest) for one in held})
        held.append(found)
    return held[0] if held else TagResolution(None, "tag_not_tracked", _nothing(lookup))


def _is_passed_over(found: TagResolution, *, pushed: Collection[str], desired: Desired) -> bool:
    """Say whether a tag's digest is held, or failed before and nobody pushed it again."""
    is_tried = found.digest in desired.unfinished and found.digest != desired.digest
    return found.digest in desired.held or (is_tried and found.tag not in pushed)


def _candidates(
    registry: RegistryClient, lookup: TagLookup, *, pushed: Collection[str], desired: Desired
) -> list[str]:
    """Return the tags that the policy takes, the newest first.

    By time of push only what was seen counts, and what was just pushed is the newest of that.
    Of tags that nothing else orders, as two builds of one day, the one that was seen last counts.
    """
    in_order = sorted(desired.seen.items(), key=lambda one: one[1])
    seen_at = {tag: at for (tag, _), at in in_order if at > BASELINE}
    if is_by_push(lookup.track):
        fresh = [
            tag
            for tag in pushed
            if (tag, _digest_of(registry, lookup.image, tag).digest) not in desired.seen
        ]
        return [*fresh, *newest_first(lookup.track, seen_at, seen_at=seen_at)]
    heard_of = {tag for tag, _ in desired.seen}
    just_now = {tag: math.inf for tag in pushed if tag not in heard_of}
    listed = [*_listed(registry, lookup, pushed), *pushed]
    return newest_first(lookup.track, listed, seen_at=seen_at | just_now)


def _listed(registry: RegistryClient, lookup: TagLookup, pushed: Collection[str]) -> Iterable[str]:
    """Return the tags of the repository; where they may not be listed, the pushed ones suffice."""
    try:
        return registry.tags_of(lookup.image)
    except RegistryError as error:
        if pushed and not error.retryable:
            return ()
        raise


def _digest_of(registry: RegistryClient, image: ImageName, tag: str) -> TagResolution:
    try:
        return TagResolution(registry.digest_of(image, tag), tag=tag)
    except RegistryError as error:
        if error.code != "tag_gone":
            raise
        return replace(_failed(error), tag=tag)


def _nothing(lookup: TagLookup) -> str:
    return f"{lookup.image} has no tag that {lookup.track} takes; push one, or change track"


def _failed(error: RegistryError) -> TagResolution:
    return TagResolution(
        None,
        code=error.code,
        detail=str(error),
        retryable=error.retryable,
        retry_after_s=error.retry_after_s,
    )


def ask(
    registry: RegistryClient, candidates: Sequence[UpdateCandidate], before: Mapping[str, Desired]
) -> tuple[TagResolutions, Checks]:
    """Return the answers to the lookups of the candidates, each made once, and the signatures."""
    by_lookup: dict[TagLookup, list[UpdateCandidate]] = {}
    for candidate in candidates:
        by_lookup.setdefault(candidate.lookup, []).append(candidate)
    answers = {
        lookup: resolve(
            registry,
            lookup,
            pushed={candidate.tag for candidate in asking if candidate.tag is not None},
            desired=before[asking[0].app],
        )
        for lookup, asking in by_lookup.items()
    }
    return answers, _check_signatures(registry, candidates, answers, before)


def _check_signatures(
    registry: RegistryClient,
    candidates: Sequence[UpdateCandidate],
    answers: TagResolutions,
    before: Mapping[str, Desired],
) -> Checks:
    checks: dict[tuple[str, str], SignatureCheck] = {}
    for candidate in candidates:
        resolved = answers[candidate.lookup]
        key = candidate.app, str(resolved.digest)
        if candidate.signature is None or key in checks:
            continue
        if needs_signature(candidate, resolved, before[candidate.app]):
            keys = candidate.signature.cosign_key
            checks[key] = check_signature(registry, candidate.image, key[1], keys)
    return checks
