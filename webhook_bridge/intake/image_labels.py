# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the registries what the labels of released images say, beside everything else.

No verdict and no run waits for it: what a registry does not say now is asked again later.
"""

from __future__ import annotations

import logging
import threading
import time

from webhook_bridge.domain.references import InvalidReference, parse_image_name
from webhook_bridge.errors import StoreUnavailable
from webhook_bridge.registry.client import RegistryClient, RegistryError
from webhook_bridge.store import Store, image_labels
from webhook_bridge.store.image_labels import Unread

_log = logging.getLogger(__name__)
_EVERY_S = 2.0
_AT_ONCE = 20
_FIRST_PAUSE_S = 30.0
_LONGEST_PAUSE_S = 6 * 3600.0


class ImageLabelReader:
    """A thread that asks once for each digest that became a release."""

    def __init__(self, store: Store, registry: RegistryClient, *, every: float = _EVERY_S) -> None:
        self._store = store
        self._registry = registry
        self._every = every
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="image labels", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self, *, within: float) -> None:
        """End, with the question that is under way if it ends within so many seconds."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(within)

    def use(self, registry: RegistryClient) -> None:
        """Ask by this client from now on."""
        self._registry = registry

    def _work(self) -> None:
        while not self._stopping.wait(self._every):
            try:
                self.read_what_is_due(now=time.time())
            except StoreUnavailable as error:
                _log.error("image labels: %s", error)
            except Exception:  # noqa: BLE001 -- a fault of ours must not end the thread
                _log.exception("image labels: cannot be read")

    def read_what_is_due(self, *, now: float) -> None:
        """Ask for what is not known yet; a registry that gives no answer is left alone till later.

        Raises StoreUnavailable when the answers cannot be stored.
        """
        with self._store.read() as connection:
            due = image_labels.unread(connection, now=now, limit=_AT_ONCE)
        away: set[str] = set()
        for one in due:
            if self._stopping.is_set():
                return
            registry = one.image.partition("/")[0]
            if registry in away or not self._read(one, now=now):
                away.add(registry)

    def _read(self, one: Unread, *, now: float) -> bool:
        try:
            labels = self._registry.labels_of(parse_image_name(one.image), one.digest)
        except (RegistryError, InvalidReference) as error:
            pause = min(_FIRST_PAUSE_S * 2 ** min(one.attempts, 16), _LONGEST_PAUSE_S)
            _log.info("labels of %s: asked again in %g s: %s", one.image, pause, error)
            with self._store.write() as connection:
                image_labels.put_off(connection, one, until=now + pause)
            return False
        with self._store.write() as connection:
            image_labels.put(connection, one.digest, labels)
        return True
