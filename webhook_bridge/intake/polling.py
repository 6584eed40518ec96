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
from webhook_bridge.intake.matching import TagLookup, UpdateCandidate, candidate_of
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
            lookup: self._due.get(lookup, now + self._every * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
            for lookup in subjects
        }
        for lookup in sorted(subjects, key=self._due.__getitem__):
            if self._stopping.is_set() or self._due[lookup] > time.monotonic():
                return
            self._due[lookup] = time.monotonic() + self._every
            self._due[lookup] = time.monotonic() + self._poll(lookup, subjects[lookup])

    def _subjects(self) -> dict[TagLookup, list[UpdateCandidate]]:
        subjects: dict[TagLookup, list[UpdateCandidate]] = {}
        for name, app in self._apps.current().items():
            candidate = candidate_of(name, app)
            subjects.setdefault(candidate.lookup, []).append(candidate)
        return subjects

    def _poll(self, lookup: TagLookup, candidates: list[UpdateCandidate]) -> float:
        """Ask once, tell what is new, and return in how many seconds to ask again."""
        registry = lookup.image.registry
        cost = 1 if isinstance(lookup.track, ExactTag) else _COST_OF_A_POLICY
        wait = self._budget.wait(registry, cost=cost, now=time.monotonic())
        if wait > 0:
            return wait
        wished = snapshot(self._store, candidates)
        desired = wished[candidates[0].app]
        new = self._unheard_of(lookup)
        pushed = new[-1:] if is_by_push(lookup.track) else new
        resolved = resolve(self._registry, lookup, pushed=pushed, desired=desired)
        self._note_failure(lookup, resolved)
        for candidate in candidates:
            if wished[candidate.app].release_id is None:
                self._note_new(candidate)
            elif is_news(candidate, resolved, wished[candidate.app]):
                self._tell(candidate, resolved)
        if new and resolved.digest is not None:
            self._remember(lookup, new)
        return self._every * random.uniform(0.9, 1.1)  # noqa: S311 - no secret

    def _note_new(self, candidate: UpdateCandidate) -> None:
        """Log once that an app waits for somebody: its entry may be only half written."""
        if candidate.app not in self._noted:
            self._noted.add(candidate.app)
            _log.info(
                "poll: app %s was never deployed, so its first release is not brought by polling: "
                "longshore deploy %s, or push its image",
                candidate.app,
                candidate.app,
            )

    def _unheard_of(self, lookup: TagLookup) -> list[str]:
        """Return the tags that are new to us, where the time of the push counts; the rest none."""
        if not needs_times(lookup.track):
            return []
        try:
            listed = self._registry.tags_of(lookup.image)
        except RegistryError as error:
            _log.warning("poll: %s", error)
            return []
        taken = [tag for tag in sorted(listed) if lookup.track.why_not(tag) is None]
        with self._store.read() as connection:
            new = tag_sightings.unknown_tags(connection, str(lookup.image), taken)
        if new is None:
            self._remember(lookup, taken)
        return new or []

    def _remember(self, lookup: TagLookup, tags: list[str]) -> None:
        with self._store.write() as connection:
            tag_sightings.remember(connection, str(lookup.image), tags)

    def _note_failure(self, lookup: TagLookup, resolved: TagResolution) -> None:
        """Log a registry's trouble once, and leave it alone for as long as it says."""
        if resolved.retry_after_s is not None:
            until = time.monotonic() + resolved.retry_after_s
            self._budget.leave_alone(lookup.image.registry, until=until)
        if resolved.code != self._failing.get(lookup, ""):
            level = logging.WARNING if resolved.code else logging.INFO
            what = resolved.detail or "answers again"
            _log.log(level, "poll: %s, tag %s: %s", lookup.image, lookup.track, what)
        self._failing[lookup] = resolved.code

    def _tell(self, candidate: UpdateCandidate, resolved: TagResolution) -> None:
        if not self._is_worth_telling(candidate, str(resolved.digest)):
            return
        body = {"app": candidate.app, "tag": resolved.tag, "digest": resolved.digest}
        new = NewDelivery(POLL, POLL, "", {}, json.dumps(body).encode(), time.time())
        self._told[candidate.app] = ((str(resolved.digest), candidate.options), self._accept(new))

    def _is_worth_telling(self, candidate: UpdateCandidate, digest: str) -> bool:
        """Say whether it was not told before, or came to nothing for a reason that may be gone."""
        told, identifier = self._told.get(candidate.app, (("", None), ""))
        if told != (digest, candidate.options):
            return True
        with self._store.read() as connection:
            found = deliveries.find(connection, identifier)
        if found and found[0].verdict == "unsigned" and candidate.signature is not None:
            keys = candidate.signature.cosign_key
            return check_signature(self._registry, candidate.image, digest, keys).good
        return not found or found[0].verdict in _WORTH_REPEATING


def is_news(candidate: UpdateCandidate, resolved: TagResolution, desired: Desired) -> bool:
    """Say whether an answer means anything to an app: a pure decision."""
    if resolved.digest == desired.digest:
        return desired.corrected
    return (
        resolved.digest is not None
        and resolved.digest not in desired.held
        and resolved.digest not in desired.unfinished
        and not goes_back(candidate, resolved, desired)
    )
