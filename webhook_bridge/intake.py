# SPDX-License-Identifier: GPL-3.0-or-later
"""From stored deliveries to verdicts: read, match, ask the registry, decide, record."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import Connection

from webhook_bridge import crash_points
from webhook_bridge.apps import Apps
from webhook_bridge.apps_file import AppsFile
from webhook_bridge.errors import StoreUnavailable
from webhook_bridge.hook_settings import Hook
from webhook_bridge.received import Received
from webhook_bridge.references import ImageName
from webhook_bridge.registry.client import RegistryClient
from webhook_bridge.registry.resolving import resolve
from webhook_bridge.store import Store, deliveries, releases
from webhook_bridge.store.deliveries import Delivery
from webhook_bridge.strict_json import MalformedBody
from webhook_bridge.verdicts import (
    Claim,
    Desired,
    Later,
    NewDigest,
    Resolved,
    Verdict,
    combine,
    decide_claim,
    match_push,
    short,
)

_log = logging.getLogger(__name__)
_BATCH = 500
# Another process (`longshore deploy`) cannot wake this one: look at the store this often.
_LOOK_EVERY_S = 0.5
# Under a flood, look at many deliveries at once instead of competing with those that store them.
_PAUSE_S = 0.02

Reference = tuple[ImageName, str]


@dataclass(frozen=True)
class _Read:
    """A delivery with what it claims; `references` is what the registry must be asked."""

    delivery: Delivery
    claims: tuple[Claim, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def references(self) -> frozenset[Reference]:
        return frozenset((claim.image, claim.tag) for claim in self.claims)


class Intake:
    """A thread that gives every stored delivery its verdict.

    A reference is asked for by one thread at a time, so that an answer that was asked for earlier
    can never be recorded over a later one; deliveries that come meanwhile share the next answer.
    """

    def __init__(
        self,
        store: Store,
        *,
        hooks: Mapping[str, Hook],
        apps: AppsFile,
        registry: RegistryClient,
        patience: float,
        released: Callable[[], None],
    ) -> None:
        self._store = store
        self._hooks = hooks
        self._apps = apps
        self._registry = registry
        self._patience = patience
        self._released = released
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="resolve")
        self._lock = threading.Lock()
        self._busy_references: set[Reference] = set()
        self._busy_deliveries: set[str] = set()
        self._thread = threading.Thread(target=self._work, name="intake", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def wake(self) -> None:
        """Say that a delivery has been stored."""
        self._wake.set()

    def stop(self) -> None:
        """End after what is under way; undecided deliveries stay stored for the next start."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(_LOOK_EVERY_S)
            self._stopping.wait(_PAUSE_S)
            self._wake.clear()
            try:
                self._take_due()
            except StoreUnavailable as error:
                _log.error("intake: %s", error)
            except Exception:  # noqa: BLE001 -- a fault of ours must not end the thread
                _log.exception("intake: cannot look at what waits")

    def _take_due(self) -> None:
        with self._store.read() as connection:
            waiting = deliveries.due(connection, now=time.time(), limit=_BATCH)
        apps = self._apps.current()
        groups: dict[frozenset[Reference], list[_Read]] = {}
        for delivery in waiting:
            if delivery.id not in self._busy_deliveries:
                read = self._read(delivery, apps)
                groups.setdefault(read.references, []).append(read)
        for references, reads in groups.items():
            self._begin(references, reads)

    def _begin(self, references: frozenset[Reference], reads: list[_Read]) -> None:
        with self._lock:
            if references & self._busy_references:
                return
            self._busy_references |= references
            self._busy_deliveries |= {read.delivery.id for read in reads}
        if references:
            self._pool.submit(self._decide, references, reads)
        else:
            self._decide(references, reads)

    def _decide(self, references: frozenset[Reference], reads: list[_Read]) -> None:
        crash_points.reach("while_resolving")
        try:
            before = self._release_ids(reads)
            answers = {ref: resolve(self._registry, *ref) for ref in references}
            released = self._record(reads, answers, before)
            crash_points.reach("after_verdict")
            if released:
                self._released()
        except StoreUnavailable as error:
            _log.error("intake: %s", error)
        except Exception:  # noqa: BLE001 -- a fault of ours must not end the thread
            _log.exception("intake: cannot decide %s", [read.delivery.id for read in reads])
            self._postpone(reads)
        finally:
            with self._lock:
                self._busy_references -= references
                self._busy_deliveries -= {read.delivery.id for read in reads}
            self._wake.set()

    def _postpone(self, reads: list[_Read]) -> None:
        with self._store.write() as connection:
            for read in reads:
                due_at = time.time() + 60
                detail = "internal error: see the bridge's log"
                deliveries.postpone(connection, read.delivery.id, due_at=due_at, detail=detail)

    def _read(self, delivery: Delivery, apps: Apps) -> _Read:
        hook = self._hooks.get(delivery.hook)
        if hook is None or hook.source != delivery.source:
            verdict = Verdict("hook_removed", f"hook {delivery.hook} is no longer configured")
            return _Read(delivery, (), (verdict,))
        try:
            received = Received(delivery.headers, delivery.body, delivery.received_at)
            items = hook.sender.read(received)
        except MalformedBody as error:
            return _Read(delivery, (), (Verdict("malformed", str(error)),))
        matches = [match_push(item, apps, hook_registry=hook.registry) for item in items]
        claims = tuple(claim for found, _ in matches for claim in found)
        return _Read(delivery, claims, tuple(v for _, verdicts in matches for v in verdicts))

    def _release_ids(self, reads: list[_Read]) -> dict[str, str | None]:
        apps = {claim.app for read in reads for claim in read.claims}
        with self._store.write() as connection:
            return {app: releases.app_row(connection, app).release_id for app in apps}

    def _record(
        self,
        reads: list[_Read],
        answers: Mapping[Reference, Resolved],
        before: dict[str, str | None],
    ) -> bool:
        """Record verdicts and releases in one transaction; return whether there is a release.

        Where another process gave an app a release since the registry was asked (`before`), the
        answer may be the older one: nothing is recorded and the registry is asked again.
        """
        released = False
        with self._store.write() as connection:
            now_desired = {app: releases.app_row(connection, app).release_id for app in before}
            if now_desired != before:
                return False
            for read in reads:
                released |= self._record_one(connection, read, answers)
            crash_points.reach("before_verdict_commit")
        return released

    def _record_one(
        self, connection: Connection, read: _Read, answers: Mapping[Reference, Resolved]
    ) -> bool:
        now = time.time()
        delivery = read.delivery
        patient = now - delivery.received_at < self._patience
        decisions = [
            decide_claim(
                claim,
                answers[claim.image, claim.tag],
                _desired(connection, claim.app),
                attempts=delivery.attempts,
                patient=patient,
            )
            for claim in read.claims
        ]
        waits = [one for one in decisions if isinstance(one, Later)]
        if waits:
            due_at = now + max(one.wait for one in waits)
            deliveries.postpone(connection, delivery.id, due_at=due_at, detail=waits[0].detail)
            _log.info("delivery %s: not decided yet: %s", delivery.id, waits[0].detail)
            return False
        made = [
            _release(connection, claim, one, delivery=delivery, now=now)
            if isinstance(one, NewDigest)
            else one
            for claim, one in zip(read.claims, decisions, strict=True)
            if not isinstance(one, Later)
        ]
        verdict = combine([*made, *read.verdicts])
        deliveries.decide(
            connection, delivery.id, code=verdict.code, detail=verdict.detail, now=now
        )
        _log.info("delivery %s: %s: %s", delivery.id, verdict.code, verdict.detail)
        return verdict.code == "released"


def _desired(connection: Connection, app: str) -> Desired:
    release = releases.desired(connection, app)
    held = releases.held_digests(connection, app)
    return Desired(None if release is None else release.digest, held)


def _release(
    connection: Connection, claim: Claim, new: NewDigest, *, delivery: Delivery, now: float
) -> Verdict:
    current = releases.desired(connection, claim.app)
    if current is None or current.digest != new.digest:
        releases.desire(
            connection,
            releases.NewRelease(
                app=claim.app,
                image=str(claim.image),
                tag=claim.tag,
                digest=new.digest,
                cause="delivery",
                actor=f"hook {delivery.hook}",
                delivery_id=delivery.id,
            ),
            now=now,
        )
    return Verdict("released", f"{claim.app}: {claim.image}:{claim.tag} is {short(new.digest)}")
