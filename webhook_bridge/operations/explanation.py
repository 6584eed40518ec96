# SPDX-License-Identifier: GPL-3.0-or-later
"""What would come of a push, and why: asked, matched and decided like any, and nothing stored."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from webhook_bridge.config.app import App
from webhook_bridge.config.apps import Apps
from webhook_bridge.config.hooks import Hook
from webhook_bridge.domain.deliveries import Delivery
from webhook_bridge.domain.references import (
    DOCKER_HUB,
    InvalidReference,
    parse_image_name,
    shown,
)
from webhook_bridge.domain.verdicts import VERDICTS, Verdict, short
from webhook_bridge.errors import NotFound, Refused
from webhook_bridge.intake.decisions import TagResolution
from webhook_bridge.intake.matching import UpdateCandidate, match_push, newest_candidates
from webhook_bridge.intake.parsing import ParsedDelivery, read_delivery
from webhook_bridge.intake.recording import record_one, snapshot
from webhook_bridge.intake.resolving import ask
from webhook_bridge.operations.foresight import Foresight, foresight
from webhook_bridge.operations.plan import digest_plan_view
from webhook_bridge.registry.client import RegistryClient
from webhook_bridge.sources.pushes import push_of
from webhook_bridge.store import Store, deliveries


@dataclass(frozen=True)
class AppExplanation:
    """One app that a push concerns: its rule, the registry's answer, and what would follow."""

    app: str
    rule: str
    tag: str | None
    digest: str | None
    trouble: str
    """Why the registry gave no digest; empty where it did."""
    foresight: Foresight | None
    """What deploying the digest would do; None without one."""

    @property
    def short(self) -> str:
        """The digest as it is shown."""
        return "" if self.digest is None else short(self.digest)


@dataclass(frozen=True)
class Explanation:
    """What would come of a push."""

    claims: str
    verdict: str | None
    meaning: str
    detail: str
    apps: Sequence[AppExplanation]
    not_for: Sequence[Verdict]
    """What it claims that concerns no app, and why."""


@dataclass(frozen=True)
class Claim:
    """What somebody asks about: a body as the sender would send it, or a repository and a tag."""

    hook: Hook
    repository: str = ""
    tag: str = ""
    body: bytes = b""
    registry: str | None = None
    """The registry of an event of a hook that is for any; None: that of the hook, or of an app."""

    def __str__(self) -> str:
        if self.body:
            return f"a body of {len(self.body)} bytes to hook {self.hook.name}"
        return f"a push of {self.repository}:{self.tag or '(no tag)'} told by hook {self.hook.name}"


def explain(
    store: Store,
    claim: Claim,
    *,
    hooks: Mapping[str, Hook],
    apps: Apps,
    registry: RegistryClient,
    patience: float,
) -> Explanation:
    """Return what would come of it now; the registry is asked, and nothing is stored."""
    read = _read(claim, hooks=hooks, apps=apps)
    before = snapshot(store, read.candidates)
    answers, checks = ask(registry, read.candidates, before)
    with store.dry_run() as connection:
        identifier = deliveries.add(connection, read.delivery)
        [delivery] = deliveries.find(connection, identifier)
        record_one(connection, replace(read, delivery=delivery), answers, checks, patience=patience)
        [decided] = deliveries.find(connection, identifier)
    with store.read() as connection:
        found = [
            _explained(connection, one, answers[one.lookup], apps[one.app])
            for one in read.candidates
        ]
    return Explanation(
        str(claim),
        decided.verdict,
        VERDICTS.get(decided.verdict or "", ""),
        decided.detail or "",
        found,
        read.verdicts,
    )


def _explained(
    connection: Connection, one: UpdateCandidate, answer: TagResolution, app: App
) -> AppExplanation:
    tag, digest = answer.tag, answer.digest
    if digest is None:
        return AppExplanation(one.app, str(one.track), tag, None, answer.detail, None)
    plan = digest_plan_view(connection, app, name=one.app, tag=tag, digest=digest)
    foreseen = foresight(connection, plan)
    return AppExplanation(one.app, str(one.track), tag, digest, "", foreseen)


def hook_named(hooks: Mapping[str, Hook], name: str | None) -> Hook:
    """Return a configured hook; raise NotFound, which names those there are."""
    if name is None or name not in hooks:
        known = ", ".join(sorted(hooks)) or "none"
        raise NotFound(f"no hook {name or ''!r} is configured; configured: {known}")
    return hooks[name]


def _read(claim: Claim, *, hooks: Mapping[str, Hook], apps: Apps) -> ParsedDelivery:
    delivery = _unstored(claim)
    if claim.body:
        return read_delivery(delivery, hooks=hooks, apps=apps)
    claim = _without_registry(claim)
    registry = claim.registry or _registry_of(claim, apps)
    item = push_of(repository=claim.repository, tag=claim.tag or None, registry=registry)
    candidates, verdicts = match_push(item, apps, hook_registry=claim.hook.registry)
    found: tuple[UpdateCandidate, ...] = newest_candidates(candidates)
    return ParsedDelivery(delivery, found, tuple(verdicts))


def _without_registry(claim: Claim) -> Claim:
    """Return a question whose repository has no registry before it, as people copy it from `apps`.

    Raises Refused where the hook speaks for another registry: its events could not name this one.
    """
    first, slash, _ = claim.repository.partition("/")
    if not slash or not (first == "localhost" or set(first) & set(".:")):
        return claim
    try:
        image = parse_image_name(claim.repository)
    except InvalidReference as error:
        raise Refused("invalid_reference", str(error)) from error
    hook = claim.hook
    if hook.registry and hook.registry != image.registry:
        raise Refused(
            "invalid_reference",
            f"hook {hook.name} is for the registry {hook.registry}, and its events name "
            f"repositories in it: {shown(claim.repository)} is in {image.registry}; choose a hook "
            f"of that registry, or give the repository alone, such as {image.repository}",
        )
    return replace(
        claim, repository=image.repository, registry=None if hook.registry else image.registry
    )


def _registry_of(claim: Claim, apps: Apps) -> str | None:
    """Return the registry that a hook leaves to its events: that of an app with the repository."""
    if claim.hook.registry:
        return None
    found = [
        app.image.registry for app in apps.values() if app.image.repository == claim.repository
    ]
    return found[0] if found else DOCKER_HUB


def _unstored(claim: Claim) -> Delivery:
    now = time.time()
    headers = {"Content-Type": "application/json"}
    return Delivery(
        claim.hook.name,
        claim.hook.source,
        "",
        headers,
        claim.body,
        now,
        "",
        0,
        None,
        None,
        None,
        None,
    )
