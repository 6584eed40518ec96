# SPDX-License-Identifier: GPL-3.0-or-later
"""What an update candidate means once the registry has been asked: pure decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from webhook_bridge.domain.verdicts import VERDICTS, Verdict, short
from webhook_bridge.intake.matching import UpdateCandidate
from webhook_bridge.signatures.check import SignatureCheck
from webhook_bridge.tags.policy import is_by_push, is_equal, is_older


@dataclass(frozen=True)
class Waits:
    """Seconds until what is not decided yet is tried again."""

    race: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)
    """Until the tag is asked for again that does not yet mean what the event said: distribution
    sends its event before it writes the tag (distribution#2625)."""
    retry: tuple[float, ...] = (2.0, 5.0, 15.0, 30.0, 60.0)
    """Until a registry is asked again that did not answer; the last one goes on."""
    signature: float = 5.0
    """At most, until a signature is looked for again that may come after its image."""

    def retry_after(self, attempts: int) -> float:
        """Return the wait after so many earlier tries."""
        return self.retry[min(attempts, len(self.retry) - 1)]


@dataclass(frozen=True)
class TagResolution:
    """What the registry said: a tag and its digest, or why there is none."""

    digest: str | None
    code: str = ""
    detail: str = ""
    retryable: bool = False
    retry_after_s: float | None = None
    tag: str | None = None
    passed_over: Mapping[str, str] = field(default_factory=dict)
    """Newer tags, each with its digest, that are held."""


@dataclass(frozen=True)
class Desired:
    """What an app should run now (None before the first release), and what it must not."""

    digest: str | None
    held: Mapping[str, str]
    tag: str | None = None
    seen: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """When each tag was first seen with each digest, where the time of the push orders."""
    release_id: str | None = None
    failed: bool = False
    """Its release failed although nothing speaks against the image: it is not held."""
    unfinished: frozenset[str] = frozenset()
    """Digests that failed with the options that the app has now, which nothing speaks against."""
    corrected: bool = False
    """Its release failed, and the app's options are others since."""


@dataclass(frozen=True)
class DecisionContext:
    """When a candidate is decided, and what is known of it from before; times since the epoch."""

    now: float
    attempts: int = 0
    """Tries before this one."""
    patient: bool = True
    """The delivery is young enough to go on trying."""
    first_seen_at: float = 0.0
    """When the bridge first heard of the digest."""
    first_seen_by: str | None = None
    """The delivery that waits for the digest's age; None: this one."""
    repeats: str | None = None
    """An earlier delivery that the sender gave the same name."""
    polled: bool = False
    """Nobody pushed: the bridge looked by itself."""
    signature: SignatureCheck | None = None
    """The result of the signature check of the digest; None when it was not checked yet."""
    waits: Waits = Waits()


@dataclass(frozen=True)
class Later:
    """Not decided yet; try again after `wait` seconds."""

    wait: float
    detail: str


@dataclass(frozen=True)
class NewDigest:
    """A release is to be made."""

    digest: str
    tag: str | None = None


Decision = Verdict | Later | NewDigest


def decide_candidate(
    candidate: UpdateCandidate, resolved: TagResolution, desired: Desired, moment: DecisionContext
) -> Decision:
    """Decide what a candidate means: nothing, something later, or a release."""
    if resolved.digest is None:
        return _decide_unresolved(resolved, moment)
    if _is_raced(candidate, resolved, moment):
        wait = moment.waits.race[moment.attempts]
        return Later(wait, f"{_place(candidate, resolved)} does not mean the pushed digest yet")
    return (
        _decide_held(candidate, resolved, desired)
        or _decide_order(candidate, resolved, desired)
        or _decide_repeated(candidate, resolved, desired, moment)
        or _decide_unchanged(candidate, resolved, desired, moment)
        or _decide_age(candidate, resolved.digest, moment)
        or _decide_signature(candidate, resolved.digest, moment)
        or NewDigest(resolved.digest, resolved.tag)
    )


def _is_raced(candidate: UpdateCandidate, resolved: TagResolution, moment: DecisionContext) -> bool:
    """The event may be older than the writing of its tag."""
    same_tag = candidate.tag in (None, resolved.tag)
    differs = candidate.hint not in (None, resolved.digest)
    return same_tag and differs and moment.attempts < len(moment.waits.race)


def _decide_held(
    candidate: UpdateCandidate, resolved: TagResolution, desired: Desired
) -> Verdict | None:
    """A held tag that was pushed is named, although what is desired is the newest besides it."""
    digest = str(resolved.digest)
    if digest == desired.digest:
        digest = resolved.passed_over.get(candidate.tag or "", digest)
    if digest not in desired.held:
        return None
    remedy = f"to deploy it anyway: longshore deploy {candidate.app} --digest {digest}"
    return Verdict("held", f"{candidate.app}: {short(digest)} was {desired.held[digest]}; {remedy}")


def _decide_order(
    candidate: UpdateCandidate, resolved: TagResolution, desired: Desired
) -> Verdict | None:
    """Never backwards: neither the pushed tag nor the newest that there is may be older."""
    if resolved.digest != desired.digest and goes_back(candidate, resolved, desired):
        remedy = f"to go back to it: longshore deploy {candidate.app} --tag {resolved.tag}"
        return _older(candidate, resolved.tag, f"{desired.tag}, which is desired; {remedy}")
    late = candidate.tag is not None and is_older(candidate.track, candidate.tag, resolved.tag)
    if late and resolved.digest == desired.digest:
        return _older(candidate, candidate.tag, f"{resolved.tag}, which is desired")
    return None


def goes_back(candidate: UpdateCandidate, resolved: TagResolution, desired: Desired) -> bool:
    """Say whether the found tag comes before the desired one, by the order of the policy."""
    track = candidate.track
    if is_by_push(track):
        return _was_seen_before(resolved, desired)
    if resolved.tag is None:
        return False
    if resolved.tag != desired.tag and is_equal(track, resolved.tag, desired.tag):
        return _was_seen_before(resolved, desired)
    return is_older(track, resolved.tag, desired.tag)


def _was_seen_before(resolved: TagResolution, desired: Desired) -> bool:
    found = desired.seen.get((resolved.tag or "", resolved.digest or ""))
    wanted = desired.seen.get((desired.tag or "", desired.digest or ""))
    return found is not None and wanted is not None and found < wanted


def _older(candidate: UpdateCandidate, tag: str | None, than: str) -> Verdict:
    return Verdict("older", f"{candidate.app}: tag {tag} of {candidate.image} is older than {than}")


def _decide_repeated(
    candidate: UpdateCandidate, resolved: TagResolution, desired: Desired, moment: DecisionContext
) -> Verdict | None:
    """A repetition of what failed is no new try, although a new push of it is."""
    if moment.repeats is None or resolved.digest not in desired.unfinished:
        return None
    remedy = f"its release failed; push it again, or longshore deploy {candidate.app}"
    return Verdict("duplicate", f"{candidate.app}: repeats delivery {moment.repeats}; {remedy}")


def _decide_unchanged(
    candidate: UpdateCandidate, resolved: TagResolution, desired: Desired, moment: DecisionContext
) -> Verdict | None:
    if resolved.digest != desired.digest:
        return None
    place, digest = _place(candidate, resolved), short(str(resolved.digest))
    if moment.repeats is not None:
        repeats = f"repeats delivery {moment.repeats}"
        return Verdict("duplicate", f"{candidate.app}: {repeats}; {place} is {digest} already")
    if not desired.failed:
        return Verdict("unchanged", f"{candidate.app}: {place} is {digest} already")
    # Somebody pushes again what could not be brought: that is the wish for another try.
    if not moment.polled or desired.corrected:
        return None
    remedy = f"its release failed; push it again, or longshore deploy {candidate.app}"
    return Verdict("unchanged", f"{candidate.app}: {place} is {digest} already, and {remedy}")


def _decide_age(
    candidate: UpdateCandidate, digest: str, moment: DecisionContext
) -> Decision | None:
    """Wait until the image is old enough; one delivery waits for it, the others say which."""
    ready_at = moment.first_seen_at + candidate.min_age
    if candidate.min_age <= 0 or ready_at <= moment.now:
        return None
    detail = (
        f"{candidate.app}: {short(digest)} is younger than its min_age, until {_time(ready_at)}"
    )
    if moment.first_seen_by is None:
        return Later(ready_at - moment.now, detail)
    return Verdict("cooling", f"{detail}; delivery {moment.first_seen_by} waits for it")


def needs_signature(candidate: UpdateCandidate, resolved: TagResolution, desired: Desired) -> bool:
    """Say whether a signature must be looked for before the candidate can be decided."""
    known = None if desired.failed else desired.digest
    new = resolved.digest not in (None, known)
    return candidate.signature is not None and new and resolved.digest not in desired.held


def _decide_signature(
    candidate: UpdateCandidate, digest: str, moment: DecisionContext
) -> Decision | None:
    """Let nothing through that was not seen to be signed; a late signature is waited for."""
    if candidate.signature is None or (moment.signature is not None and moment.signature.good):
        return None
    if moment.signature is None:
        detail = f"{candidate.app}: the signature of {short(digest)} is looked for"
        return Later(moment.waits.race[0], detail)
    check = moment.signature
    detail = f"{candidate.app}: {short(digest)} has no good signature: {check.reason}"
    if check.retryable and moment.patient:
        wait = moment.waits.retry_after(moment.attempts)
        return Later(max(wait, check.retry_after_s or 0.0), detail)
    left = moment.first_seen_at + candidate.signature.wait - moment.now
    if left > 0:
        wait = min(left, moment.waits.signature)
        return Later(wait, f"{detail}; one that comes late is waited for")
    return Verdict(
        "unsigned", f"{detail}; sign it with the key of {candidate.signature.cosign_key.file}"
    )


def _decide_unresolved(resolved: TagResolution, moment: DecisionContext) -> Verdict | Later:
    race, attempts = moment.waits.race, moment.attempts
    if resolved.code == "tag_gone" and attempts < len(race):
        return Later(race[attempts], resolved.detail)
    if resolved.retryable and moment.patient:
        wait = max(moment.waits.retry_after(attempts), resolved.retry_after_s or 0.0)
        return Later(wait, f"{resolved.detail} Asked again at {_time(moment.now + wait)}.")
    code = resolved.code if resolved.code in VERDICTS else "registry_failed"
    return Verdict("registry_unreachable" if resolved.retryable else code, resolved.detail)


def _place(candidate: UpdateCandidate, resolved: TagResolution) -> str:
    return f"{candidate.image}:{resolved.tag or candidate.track}"


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
