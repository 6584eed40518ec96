# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a delivery: pure decisions, each with a reason code a person can act on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from webhook_bridge.apps import Apps
from webhook_bridge.references import ImageName, InvalidReference, parse_image_name
from webhook_bridge.sources.base import NotAPush, Push

# The order is the rank: a delivery that claims several things gets the first that applies.
VERDICTS: Mapping[str, str] = {
    "released": "a new digest became the desired one of an app; a run brings it to the hosts",
    "unchanged": "the tag still means the digest that is desired already",
    "held": "the digest was put back, rolled back or replaced by hand; only a deploy brings it",
    "tag_gone": "the registry does not know the tag (any more)",
    "registry_denied": "the registry refused our credentials, or needs some",
    "registry_unreachable": "the registry did not answer until our patience ended",
    "registry_failed": "the registry gave an answer that we cannot use",
    "tag_not_tracked": "an app uses the repository but tracks another tag",
    "no_app": "no app uses the repository",
    "untagged": "a push by digest, without a tag",
    "not_an_image": "a layer, a chart, a signature, an attestation or another thing, no image",
    "not_a_push": "a pull, deletion, mount or test, not a push",
    "invalid_reference": "the repository or tag is none by the rules of registries",
    "unexpected_shape": "the JSON is not what this kind of sender sends: is it the right hook?",
    "not_configured": "it is of a project or registry that the hook's table does not name",
    "empty": "nothing in it claims a push",
    "malformed": "the body cannot be read",
    "hook_removed": "the hook it came to is no longer configured",
}
_RANK = {code: rank for rank, code in enumerate(VERDICTS)}

# distribution sends its event before it writes the tag (distribution#2625), so a tag that does not
# yet mean what the event said is asked for again after these waits, in seconds.
_RACE_WAITS = (0.5, 1.0, 2.0, 4.0)
_MOST_DETAILS = 5
_LONGEST_DETAIL = 400
_RETRY_WAITS = (2.0, 5.0, 15.0, 30.0, 60.0)


@dataclass(frozen=True)
class Verdict:
    """The end of a delivery's way, or of one claim's."""

    code: str
    detail: str


@dataclass(frozen=True)
class Claim:
    """A push that concerns an app: look whether `tag` of `image` means something new.

    `hint` is the digest that the sender named; it is never deployed on the sender's word.
    """

    app: str
    image: ImageName
    tag: str
    hint: str | None


@dataclass(frozen=True)
class Resolved:
    """What the registry said: a digest, or why there is none."""

    digest: str | None
    code: str = ""
    detail: str = ""
    retryable: bool = False
    retry_after_s: float | None = None


@dataclass(frozen=True)
class Desired:
    """What an app should run now (None before the first release), and what it must not."""

    digest: str | None
    held: Mapping[str, str]


@dataclass(frozen=True)
class Later:
    """Not decided yet; try again after `wait` seconds."""

    wait: float
    detail: str


@dataclass(frozen=True)
class NewDigest:
    """A release is to be made."""

    digest: str


def match_push(
    item: Push | NotAPush, apps: Apps, *, hook_registry: str
) -> tuple[list[Claim], list[Verdict]]:
    """Return the claims of one push on our apps, or the verdict when it concerns none."""
    if isinstance(item, NotAPush):
        return [], [Verdict(item.code, item.detail)]
    try:
        image = parse_image_name(f"{item.registry or hook_registry}/{item.repository}")
    except InvalidReference as error:
        return [], [Verdict("invalid_reference", str(error))]
    using = {name: app for name, app in apps.items() if app.image == image}
    if not using:
        return [], [Verdict("no_app", f"no app uses {image}; see `longshore check` for the apps")]
    if item.tag is None:
        return [], [Verdict("untagged", f"{image}: pushed by digest, without a tag")]
    tag = item.tag
    claims = [
        Claim(name, image, tag, item.digest) for name, app in using.items() if app.track == tag
    ]
    others = [f"app {name} tracks {app.track}" for name, app in using.items() if app.track != tag]
    missed = [Verdict("tag_not_tracked", f"{image}:{tag}: {other}, not {tag}") for other in others]
    return claims, [] if claims else missed


def decide_claim(
    claim: Claim, resolved: Resolved, desired: Desired, *, attempts: int, patient: bool
) -> Verdict | Later | NewDigest:
    """Decide what a claim means once the registry has been asked.

    `attempts` counts the tries before this one; `patient` says that the delivery is young enough
    to go on trying.
    """
    place = f"{claim.image}:{claim.tag}"
    raced = attempts < len(_RACE_WAITS) and claim.hint not in (None, resolved.digest)
    if resolved.digest is None:
        return _decide_unresolved(resolved, attempts=attempts, patient=patient)
    if raced:
        return Later(_RACE_WAITS[attempts], f"{place} does not mean the pushed digest yet")
    if resolved.digest in desired.held:
        reason = desired.held[resolved.digest]
        remedy = f"to deploy it all the same: longshore deploy {claim.app}"
        return Verdict("held", f"{claim.app}: {short(resolved.digest)} was {reason}; {remedy}")
    if resolved.digest == desired.digest:
        return Verdict("unchanged", f"{claim.app}: {place} is {short(resolved.digest)} already")
    return NewDigest(resolved.digest)


def _decide_unresolved(resolved: Resolved, *, attempts: int, patient: bool) -> Verdict | Later:
    if resolved.code == "tag_gone" and attempts < len(_RACE_WAITS):
        return Later(_RACE_WAITS[attempts], resolved.detail)
    if resolved.retryable and patient:
        wait = _RETRY_WAITS[min(attempts, len(_RETRY_WAITS) - 1)]
        return Later(max(wait, resolved.retry_after_s or 0.0), resolved.detail)
    code = resolved.code if resolved.code in VERDICTS else "registry_failed"
    return Verdict("registry_unreachable" if resolved.retryable else code, resolved.detail)


def combine(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the one verdict of a delivery: the weightiest, with the details of all of that kind.

    A body that claims nothing at all is `empty`.
    """
    if not verdicts:
        return Verdict("empty", "the body holds no event")
    code = min((one.code for one in verdicts), key=rank)
    return Verdict(code, _sentence(_unique(one.detail for one in verdicts if one.code == code)))


def _sentence(details: Sequence[str]) -> str:
    """Join what can be read; one body may claim thousands of things."""
    shown = [detail[:_LONGEST_DETAIL] for detail in details[:_MOST_DETAILS]]
    more = len(details) - len(shown)
    return "; ".join([*shown, f"and {more} more"] if more else shown)


def rank(code: str) -> int:
    """Return how weighty a code is; the smaller, the weightier."""
    return _RANK.get(code, len(_RANK))


def short(digest: str) -> str:
    """Return the first 12 characters of a digest, as Docker shows them."""
    return digest.removeprefix("sha256:")[:12]


def _unique(details: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(details))
