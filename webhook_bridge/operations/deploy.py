# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person may ask for: deploy, roll back. The command line and the API both call these."""

from __future__ import annotations

import time

from sqlalchemy import Connection

from webhook_bridge.config.app import App
from webhook_bridge.config.apps import Apps
from webhook_bridge.domain.events import hold_event, lift_event, release_event
from webhook_bridge.domain.references import is_tag
from webhook_bridge.domain.releases import REPLACED, HeldReason, NewRelease, Release
from webhook_bridge.domain.verdicts import short
from webhook_bridge.errors import Refused
from webhook_bridge.intake.decisions import Desired
from webhook_bridge.intake.matching import TagLookup
from webhook_bridge.intake.resolving import resolve
from webhook_bridge.operations.declared import declared_app
from webhook_bridge.operations.digests import check_start, whole_digest
from webhook_bridge.operations.expectations import check_digest, check_generation
from webhook_bridge.registry.client import RegistryClient, RegistryError
from webhook_bridge.signatures.checking import check_signature
from webhook_bridge.store import Store, events, holds, releases, tag_sightings
from webhook_bridge.tags import ExactTag


def deploy(
    store: Store,
    registry: RegistryClient,
    apps: Apps,
    *,
    name: str,
    actor: str,
    tag: str | None = None,
    digest: str | None = None,
    force: bool = False,
    same: bool = False,
    expected_generation: int | None = None,
    expected_digest: str | None = None,
) -> Release:
    """Make a digest the desired one of an app: the one given, or what a tag means now.

    Without either, the tag that the app tracks. `digest` may be the start of one that is known, and
    keeps the tag of the release that had it; `same` means the release that is desired already,
    whose options may have changed.
    What a tag means is refused where it is held, but for `force`; a digest that is given is allowed
    again. Raises NotFound for an unknown app or start of a digest, and Refused, with nothing
    changed, when there is no such image, it is another one than the expected digest, or the app has
    another generation than the expected one.
    """
    app = declared_app(store, apps, name)
    check_target(tag=tag, digest=digest, same=same)
    if digest is not None:
        with store.read() as connection:
            digest = whole_digest(connection, digest, app=name, image=str(app.image))
    is_tracked = digest is None and tag in (None, str(app.track))
    while True:
        before = _release_id(store, name)
        found_tag, found = target_of(
            store, registry, app, name=name, tag=tag, digest=digest, same=same
        )
        check_digest(name, found_tag, found, expected=expected_digest)
        new = NewRelease(
            app=name,
            image=str(app.image),
            tag=found_tag,
            digest=found,
            cause="deploy",
            actor=actor,
        )
        with store.write() as connection:
            # A push that overtook us may have had the newer answer: ask again.
            row = releases.locked_app_row(connection, name)
            check_generation(row, expected_generation)
            if digest or row.release_id == before:
                if digest is None and not force:
                    _refuse_held(connection, new, options=app.options_fingerprint)
                if not is_tracked:
                    _hold_replaced(connection, new, now=time.time())
                return make_desired(connection, new, now=time.time())


def target_of(
    store: Store,
    registry: RegistryClient,
    app: App,
    *,
    name: str,
    tag: str | None,
    digest: str | None,
    same: bool,
) -> tuple[str | None, str]:
    """Return the tag and the digest that a deployment is of; raise Refused where there is none.

    `digest` is a whole one. The registry is asked, also for a signature that the app demands.
    """
    if same:
        found_tag, found = _desired_now(store, registry, app, name)
    elif digest is None:
        found_tag, found = _resolved(store, registry, app, tag=tag)
    else:
        found_tag, found = tag_of(store, app, name, digest), _existing(registry, app, digest)
    _demand_signature(registry, app, found)
    return found_tag, found


def _refuse_held(connection: Connection, new: NewRelease, *, options: str) -> None:
    """Refuse what a tag means where it is held: who asked for the tag may not know that.

    What failed with other options than these is another try.
    """
    why = holds.held_digests(connection, new.app, options=options).get(new.digest)
    if why is None:
        return
    short_digest = short(new.digest)
    raise Refused(
        "held",
        f"{new.app}: {_named(new.tag)} means {short_digest}, which is held ({why}); nothing was "
        f"changed. To deploy it all the same: longshore deploy {new.app} --digest {short_digest}, "
        "or add --force",
    )


def _named(tag: str | None) -> str:
    return "the desired release" if tag is None else f"tag {tag}"


def make_desired(connection: Connection, new: NewRelease, *, now: float) -> Release:
    """Make a release desired that somebody asked for, also where its digest was held."""
    if holds.unhold(connection, new.app, new.digest):
        events.record(connection, lift_event(new.app, new.digest, actor=new.actor, at=now))
    release = releases.desire(connection, new, now=now)
    events.record(connection, release_event(release))
    return release


def hold_left(
    connection: Connection, left: Release, *, reason: HeldReason, actor: str, now: float
) -> None:
    """Hold the digest that somebody left."""
    app, digest = left.app, left.digest
    holds.hold(connection, app, digest, reason=reason, run_id=None, now=now)
    events.record(connection, hold_event(app, digest, reason=reason, actor=actor, at=now))


def _hold_replaced(connection: Connection, new: NewRelease, *, now: float) -> None:
    """Keep what is left from coming back with the next repetition of its delivery.

    Somebody chose another digest than the tracked tag's, and senders repeat themselves.
    """
    current = releases.desired(connection, new.app)
    if current is not None and current.digest != new.digest:
        hold_left(connection, current, reason=REPLACED, actor=new.actor, now=now)


def _release_id(store: Store, name: str) -> str | None:
    with store.read() as connection:
        return releases.app_row(connection, name).release_id


def tag_of(store: Store, app: App, name: str, digest: str) -> str | None:
    """Return the tag that brought a digest to an app before, None for one that is new to it."""
    with store.read() as connection:
        return releases.last_tag(connection, name, image=str(app.image), digest=digest)


def _desired_now(
    store: Store, registry: RegistryClient, app: App, name: str
) -> tuple[str | None, str]:
    """Return tag and digest of the release that is desired: hosts have its image already.

    The registry is asked only where the app has moved to another image since.
    """
    with store.read() as connection:
        current = releases.desired(connection, name)
    if current is None:
        raise Refused("never_deployed", f"{name}: was never deployed by this bridge")
    if current.image != str(app.image):
        _existing(registry, app, current.digest)
    return current.tag, current.digest


def check_target(*, tag: str | None, digest: str | None, same: bool) -> None:
    """Raise Refused for several targets, or one that is none."""
    if [tag is not None, digest is not None, same].count(True) > 1:
        raise Refused("tag_and_digest", "give one of a tag, a digest and same, not several")
    if tag is not None and not is_tag(tag):
        raise Refused("invalid_reference", f"tag must be a tag such as 1.4.2, not {tag[:60]!r}")
    if digest is not None:
        check_start(digest)


def _resolved(
    store: Store, registry: RegistryClient, app: App, *, tag: str | None
) -> tuple[str | None, str]:
    """Return a tag and its digest: the tag that was asked for, or the newest that is tracked.

    Nothing is passed over for being held or older: somebody asked for it.
    """
    track = app.track if tag is None else ExactTag(tag)
    with store.read() as connection:
        anything = Desired(None, {}, seen=tag_sightings.times(connection, str(app.image)))
    question = TagLookup(app.image, track)
    answer = resolve(registry, question, pushed=(), desired=anything)
    if answer.digest is None:
        raise Refused(answer.code, answer.detail)
    return answer.tag, answer.digest


def _demand_signature(registry: RegistryClient, app: App, digest: str) -> None:
    """Refuse what is not signed: who may ask for a digest is not who may sign one."""
    if app.signature is None:
        return
    check = check_signature(registry, app.image, digest, app.signature.cosign_key)
    if not check.good:
        reason = f"{app.image}@{short(digest)} has no good signature: {check.reason}"
        raise Refused("registry_unreachable" if check.retryable else "unsigned", reason)


def _existing(registry: RegistryClient, app: App, digest: str) -> str:
    try:
        if registry.exists(app.image, digest):
            return digest
    except RegistryError as error:
        raise Refused(error.code, str(error)) from error
    raise Refused("digest_gone", f"{app.image} has no {digest} at its registry; check both")
