# SPDX-License-Identifier: GPL-3.0-or-later
"""Which apps a push concerns, and why it concerns no other: pure decisions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from webhook_bridge.config.app import App
from webhook_bridge.config.apps import Apps
from webhook_bridge.config.signature import Signature
from webhook_bridge.domain.references import ImageName, InvalidReference, parse_image_name
from webhook_bridge.domain.verdicts import Verdict
from webhook_bridge.sources.pushes import NotAPush, Push
from webhook_bridge.tags import ExactTag, Track
from webhook_bridge.tags.policy import newest_first


@dataclass(frozen=True)
class TagLookup:
    """What is asked of a registry; equal questions are asked once, by one thread at a time.

    What a policy takes depends on what its app runs and must not run, so it names the app.
    """

    image: ImageName
    track: Track
    app: str | None = None


@dataclass(frozen=True)
class UpdateCandidate:
    """A push that concerns an app: look whether what it tracks means something new.

    `tag` is what was pushed, None where the sender does not say. `hint` is the digest that the
    sender named; it is never deployed on the sender's word.
    """

    app: str
    image: ImageName
    track: Track
    tag: str | None
    hint: str | None
    min_age: float = 0.0
    """Seconds for which an image must be known before it is released."""
    signature: Signature | None = None
    """By whom the image must be signed."""
    options: str | None = None
    """The fingerprint of the app's options; None: not known."""

    @property
    def lookup(self) -> TagLookup:
        """Return what the registry must be asked."""
        alone = not isinstance(self.track, ExactTag)
        return TagLookup(self.image, self.track, self.app if alone else None)


def match_push(
    item: Push | NotAPush, apps: Apps, *, hook_registry: str
) -> tuple[list[UpdateCandidate], list[Verdict]]:
    """Return the update candidates of one push, or the verdict when it concerns no app."""
    if isinstance(item, NotAPush):
        return _match_signature(item, apps, hook_registry=hook_registry)
    try:
        image = parse_image_name(f"{item.registry or hook_registry}/{item.repository}")
    except InvalidReference as error:
        return [], [Verdict("invalid_reference", str(error))]
    using = {name: app for name, app in apps.items() if app.image == image}
    if not using:
        return [], [Verdict("no_app", f"no app uses {image}; see `longshore check` for the apps")]
    refusals = {name: _why_not(name, app, item.tag) for name, app in using.items()}
    candidates = [
        candidate_of(name, app, tag=item.tag, hint=item.digest)
        for name, app in using.items()
        if refusals[name] is None
    ]
    missed = [Verdict("tag_not_tracked", f"{image}: {reason}") for reason in refusals.values()]
    return candidates, [] if candidates else missed


def _match_signature(
    item: NotAPush, apps: Apps, *, hook_registry: str
) -> tuple[list[UpdateCandidate], list[Verdict]]:
    """Return the verdict on what is no push of a tag.

    It may be a signature, which an app that wants one may be waiting for: that one is looked at.
    """
    verdicts = [Verdict(item.code, item.detail)]
    if item.repository is None:
        return [], verdicts
    try:
        image = parse_image_name(f"{item.registry or hook_registry}/{item.repository}")
    except InvalidReference:
        return [], verdicts
    waiting = [
        candidate_of(name, app)
        for name, app in apps.items()
        if app.image == image and app.signature is not None
    ]
    return waiting, verdicts


def candidate_of(
    name: str, app: App, *, tag: str | None = None, hint: str | None = None
) -> UpdateCandidate:
    """Return an app as an update candidate."""
    return UpdateCandidate(
        name,
        app.image,
        app.track,
        tag,
        hint,
        app.min_age,
        app.signature,
        app.options_fingerprint,
    )


def _why_not(name: str, app: App, tag: str | None) -> str | None:
    """Return why an app does not take a tag; the registry is asked where no tag is named."""
    reason = None if tag is None else app.track.why_not(tag)
    if reason is None:
        return None
    return f"tag {tag} {reason}; app {name} tracks {app.track}, which does not take it"


def newest_candidates(candidates: Iterable[UpdateCandidate]) -> tuple[UpdateCandidate, ...]:
    """Return one candidate for each app: several tags of one push are one release.

    Where they differ, the newest tag counts; the last one where the time of the push orders.
    """
    newest: dict[str, UpdateCandidate] = {}
    for candidate in candidates:
        before = newest.get(candidate.app)
        newest[candidate.app] = candidate if before is None else _newer(before, candidate)
    return tuple(newest.values())


def _newer(before: UpdateCandidate, candidate: UpdateCandidate) -> UpdateCandidate:
    tags = [tag for tag in (before.tag, candidate.tag) if tag is not None]
    order = newest_first(candidate.track, tags)
    return before if order and order[0] == before.tag else candidate
