# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at what apps track from time to time: every sender loses a push now and then.

What is new becomes a delivery of source `poll` and goes the way of every delivery.
"""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Callable

from webhook_bridge.config.apps_reloader import AppsFile
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.errors import StoreUnavailable
from webhook_bridge.intake.decisions import Desired, TagResolution, goes_back
from webhook_bridge.intake.matching import TagLookup, UpdateCandidate, claim_of
from webhook_bridge.intake.parsing import POLL
from webhook_bridge.intake.poll_budget import Budget
from webhook_bridge.intake.recording import snapshot
from webhook_bridge.intake.resolving import resolve
from webhook_bridge.registry.client import RegistryClient, RegistryError
from webhook_bridge.signatures.checking import check_signature
from webhook_bridge.store import Store, deliveries, tag_sightings
from webhook_bridge.tags import ExactTag
from webhook_bridge.tags.policy import is_by_push, needs_times

_log = logging.getLogger(__name__)
_POLL_INTERVAL_S = 0.5
# A list of tags and the digest of one of them.
_COST_OF_A_POLICY = 2
# What these verdicts say may be otherwise the next time, without a new digest.
_WORTH_REPEATING = frozenset({"registry_unreachable", "registry_denied", "registry_failed"})


class Poller:
    """A thread that asks for each tracked tag or policy once an interval."""

    def __init__(
        self,
        store: Store,
        *,
        apps: AppsFile,
        registry: RegistryClient,
        every: float,
        budget: int,
        accept: Callable[[NewDelivery], str],
    ) -> None:
        self._store = store
        self._apps = apps
        self._registry = registry
        self._every = every
        self._budget = Budget(budget)
        self._accept = accept
        self._due: dict[TagLookup, float] = {}
        self._told: dict[str, tuple[tuple[str, str | None], str]] = {}
        self._failing: dict[TagLookup, str] = {}
        self._noted: set[str] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="poll", daemon=True)

    def start(self) -> None:
        """Begin to work; the first look comes in the second half of an interval."""
        self._thread.start()

    def stop(self) -> None:
        """End after the question that is under way."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def use(self, registry: RegistryClient) -> None:
        """Ask by this client from now on."""
        self._registry = registry

    def _work(self) -> None:
        while not self._stopping.wait(min(_POLL_INTERVAL_S, self._every / 4)):
            try:
                self._poll_what_is_due()
            except StoreUnavailable as error:
                _log.error("poll: %s", error)
            except Exception:  # noqa: BLE001 -- a fault of ours must not end the thread
                _log.exception("poll: cannot look")

    def _poll_what_is_due(self) -> None:
        subjects = self._subjects()
        now = time.monotonic()
        self._due = {
            question: self._due.get(question, now + self._every * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
            for question in subjects
        }
        for question in sorted(subjects, key=self._due.__getitem__):
            if self._stopping.is_set() or self._due[question] > time.monotonic():
                return
            self._due[question] = time.monotonic() + self._every
            self._due[question] = time.monotonic() + self._poll(question, subjects[question])

    def _subjects(self) -> dict[TagLookup, list[UpdateCandidate]]:
        subjects: dict[TagLookup, list[UpdateCandidate]] = {}
        for name, app in self._apps.current().items():
            claim = claim_of(name, app)
            subjects.setdefault(claim.question, []).append(claim)
        return subjects

    def _poll(self, question: TagLookup, claims: list[UpdateCandidate]) -> float:
        """Ask once, tell what is new, and return in how many seconds to ask again."""
        registry = question.image.registry
        cost = 1 if isinstance(question.track, ExactTag) else _COST_OF_A_POLICY
        wait = self._budget.wait(registry, cost=cost, now=time.monotonic())
        if wait > 0:
            return wait
        wished = snapshot(self._store, claims)
        desired = wished[claims[0].app]
        new = self._unheard_of(question)
        pushed = new[-1:] if is_by_push(question.track) else new
        resolved = resolve(self._registry, question, pushed=pushed, desired=desired)
        self._note_failure(question, resolved)
        for claim in claims:
            if wished[claim.app].release_id is None:
                self._note_new(claim)
            elif is_news(claim, resolved, wished[claim.app]):
                self._tell(claim, resolved)
        if new and resolved.digest is not None:
            self._remember(question, new)
        return self._every * random.uniform(0.9, 1.1)  # noqa: S311 - no secret

    def _note_new(self, claim: UpdateCandidate) -> None:
        """Log once that an app waits for somebody: its entry may be only half written."""
        if claim.app not in self._noted:
            self._noted.add(claim.app)
            _log.info(
                "poll: app %s was never deployed, so its first release is not brought by polling: "
                "longshore deploy %s, or push its image",
                claim.app,
                claim.app,
            )

    def _unheard_of(self, question: TagLookup) -> list[str]:
        """Return the tags that are new to us, where the time of the push counts; the rest none."""
        if not needs_times(question.track):
            return []
        try:
            listed = self._registry.tags_of(question.image)
        except RegistryError as error:
            _log.warning("poll: %s", error)
            return []
        taken = [tag for tag in sorted(listed) if question.track.why_not(tag) is None]
        with self._store.read() as connection:
            new = tag_sightings.unknown_tags(connection, str(question.image), taken)
        if new is None:
            self._remember(question, taken)
        return new or []

    def _remember(self, question: TagLookup, tags: list[str]) -> None:
        with self._store.write() as connection:
            tag_sightings.remember(connection, str(question.image), tags)

    def _note_failure(self, question: TagLookup, resolved: TagResolution) -> None:
        """Log a registry's trouble once, and leave it alone for as long as it says."""
        if resolved.retry_after_s is not None:
            until = time.monotonic() + resolved.retry_after_s
            self._budget.leave_alone(question.image.registry, until=until)
        if resolved.code != self._failing.get(question, ""):
            level = logging.WARNING if resolved.code else logging.INFO
            what = resolved.detail or "answers again"
            _log.log(level, "poll: %s, tag %s: %s", question.image, question.track, what)
        self._failing[question] = resolved.code

    def _tell(self, claim: UpdateCandidate, resolved: TagResolution) -> None:
        if not self._is_worth_telling(claim, str(resolved.digest)):
            return
        body = {"app": claim.app, "tag": resolved.tag, "digest": resolved.digest}
        new = NewDelivery(POLL, POLL, "", {}, json.dumps(body).encode(), time.time())
        self._told[claim.app] = ((str(resolved.digest), claim.options), self._accept(new))

    def _is_worth_telling(self, claim: UpdateCandidate, digest: str) -> bool:
        """Say whether it was not told before, or came to nothing for a reason that may be gone."""
        told, identifier = self._told.get(claim.app, (("", None), ""))
        if told != (digest, claim.options):
            return True
        with self._store.read() as connection:
            found = deliveries.find(connection, identifier)
        if found and found[0].verdict == "unsigned" and claim.signature is not None:
            keys = claim.signature.cosign_key
            return check_signature(self._registry, claim.image, digest, keys).good
        return not found or found[0].verdict in _WORTH_REPEATING


def is_news(claim: UpdateCandidate, resolved: TagResolution, desired: Desired) -> bool:
    """Say whether an answer means anything to an app: a pure decision."""
    if resolved.digest == desired.digest:
        return desired.corrected
    return (
        resolved.digest is not None
        and resolved.digest not in desired.held
        and resolved.digest not in desired.unfinished
        and not goes_back(claim, resolved, desired)
    )
