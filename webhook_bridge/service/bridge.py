# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a running bridge, and who wakes whom."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from functools import partial

from webhook_bridge import crash_points
from webhook_bridge.config.apps_reloader import open_apps
from webhook_bridge.config.settings import Settings
from webhook_bridge.config.tables import PollTable
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.errors import LongshoreError
from webhook_bridge.executor.run_processes import ForkServer
from webhook_bridge.executor.runner import execute
from webhook_bridge.intake.decisions import Waits
from webhook_bridge.intake.image_labels import ImageLabelReader
from webhook_bridge.intake.polling import Poller
from webhook_bridge.intake.worker import Intake
from webhook_bridge.receiving.hook_secrets import HookSecrets
from webhook_bridge.receiving.rejected_requests import Rejections
from webhook_bridge.registry.client import RegistryClient
from webhook_bridge.runs.dispatcher import Dispatcher
from webhook_bridge.service.inventory_watch import InventoryWatch
from webhook_bridge.service.last_used import LastUsed
from webhook_bridge.service.pruning import Pruning
from webhook_bridge.service.queue_reader import QueueReader
from webhook_bridge.service.reloading import Reloading
from webhook_bridge.state_folder import serving_lock
from webhook_bridge.store.database import BUSY_TIMEOUT_S, open_store
from webhook_bridge.store.group_commit import GroupCommit
from webhook_bridge.store.readiness import Readiness

# Under gunicorn's, systemd's and Kubernetes' usual 30 s before SIGKILL.
_DRAIN_S = 25.0
# For what is in hand: a commit, and one request to the queue's service.
_QUEUES_S = 10.0
# Nothing is lost by a question that is left: it is asked again after the next start.
_LABELS_S = 1.0
_WAITS = Waits()


class Bridge:
    """One process's bridge: it receives, decides and runs."""

    def __init__(
        self,
        settings: Settings,
        *,
        waits: Waits = _WAITS,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
    ) -> None:
        self.settings = settings
        self._lock = serving_lock(settings.state_dir)
        if not self._lock.acquire():
            raise LongshoreError(
                f"another bridge serves from {settings.state_dir} already; stop it first, "
                "or give this one another state_dir"
            )
        self.store = open_store(settings.state_dir, busy_timeout_s=busy_timeout_s)
        self._incoming = GroupCommit(self.store)
        self._readiness = Readiness(self.store)
        self.apps = open_apps(settings)
        self.registry = RegistryClient(settings.registries)
        self._fork_server = ForkServer(settings.state_dir / "runs")
        self.dispatcher = Dispatcher(
            settings, self.store, self.apps, run=partial(execute, start=self._fork_server.start)
        )
        self._inventory = InventoryWatch(settings, self.store, self.apps, came=self.dispatcher.wake)
        self.intake = Intake(
            self.store,
            hooks=settings.hooks,
            apps=self.apps,
            registry=self.registry,
            patience=settings.deploy.registry_patience,
            released=self.dispatcher.wake,
            hosts_changed=self._inventory.wake,
            waits=waits,
        )
        self._poller = None if settings.poll.every is None else self._make_poller(settings.poll)
        self._image_labels = ImageLabelReader(self.store, self.registry)
        self.rejections = Rejections(self.store)
        self.last_used = LastUsed(self.store, idle=lambda: self.settings.auth.session_idle)
        self._pruning = Pruning(self.store, settings.state_dir, settings.retention)
        self._reloading = Reloading(settings, use=self.use)
        self.draining = threading.Event()
        self._queues = self._queue_readers()

    def start(self) -> None:
        """Begin to decide and to run; what an earlier process left is taken up first."""
        self.intake.start()
        self.dispatcher.start()
        if self._poller is not None:
            self._poller.start()
        self._inventory.start()
        self._image_labels.start()
        self._pruning.start()
        self.rejections.start()
        self.last_used.start()
        self._reloading.start()
        for reader in self._queues:
            reader.start()

    def use(self, settings: Settings) -> None:
        """Use other settings from now on; what is under way ends with those that it began with."""
        self.settings = settings
        self.registry = RegistryClient(settings.registries)
        self.dispatcher.use(settings)
        self._inventory.use(settings)
        patience = settings.deploy.registry_patience
        self.intake.use(hooks=settings.hooks, registry=self.registry, patience=patience)
        if self._poller is not None:
            self._poller.use(self.registry)
        self._image_labels.use(self.registry)
        self._pruning.use(settings.retention)

    def _queue_readers(self) -> list[QueueReader]:
        secrets = HookSecrets().of
        return [
            QueueReader(
                hook,
                table,
                table.open(),
                secrets=secrets,
                accept=self.accept_all,
                note=self.rejections.note,
                stopping=self.draining,
            )
            for hook in self.settings.hooks.values()
            if (table := hook.sender.queue) is not None
        ]

    def _make_poller(self, poll: PollTable) -> Poller:
        return Poller(
            self.store,
            apps=self.apps,
            registry=self.registry,
            every=poll.every or 0.0,
            budget=poll.budget,
            accept=self.accept,
        )

    def accept(self, delivery: NewDelivery) -> str:
        """Store a delivery, durably, and return its id: only then may it be acknowledged."""
        return self.accept_all([delivery])[0]

    def accept_all(self, deliveries: Sequence[NewDelivery]) -> list[str]:
        """Store deliveries in one transaction, as `accept` does one; return their ids."""
        crash_points.reach("before_insert")
        identifiers = self._incoming.add_all(deliveries)
        crash_points.reach("after_commit")
        self.intake.wake(identifiers)
        return identifiers

    def problem(self) -> str | None:
        """Return why this bridge is not ready to receive; None when it is."""
        if self.draining.is_set():
            return "the bridge is shutting down"
        return self._readiness.problem() or self._problem_of_queues()

    def known_problem(self) -> str | None:
        """Return what is known of the same, without looking: for those who only read."""
        if self.draining.is_set():
            return "the bridge is shutting down"
        return self._readiness.last_problem or self._problem_of_queues()

    def _problem_of_queues(self) -> str | None:
        """Return why queues cannot be read, where nothing comes in any other way."""
        if any(hook.sender.over_http for hook in self.settings.hooks.values()):
            return None
        return next((problem for one in self._queues if (problem := one.problem())), None)

    def stop(self) -> None:
        """Take nothing more, let runs end, and close."""
        self.draining.set()
        until = time.monotonic() + _QUEUES_S
        for reader in self._queues:
            reader.wait_for_end(until=until)
        self._reloading.stop()
        self._pruning.stop()
        self.rejections.stop()
        self.last_used.stop()
        if self._poller is not None:
            self._poller.stop()
        self.intake.stop()
        self._inventory.stop()
        self._image_labels.stop(within=_LABELS_S)
        self.dispatcher.stop(drain=_DRAIN_S)
        self._fork_server.close()
        self.store.close()
        self._lock.release()
