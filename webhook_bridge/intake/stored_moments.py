# SPDX-License-Identifier: GPL-3.0-or-later
"""When each delivery was on disk, until its verdict is written, and that with it.

It is known only after the transaction that stores it, and a second one for that alone would cost
another flush. So it is kept in memory: of a delivery from before a restart, it is not known.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

from webhook_bridge.domain.deliveries import Delivery

_MOST = 5000


class StoredMoments:
    """Times by the ids of deliveries, of the newest 5000."""

    def __init__(self) -> None:
        self._times: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, identifiers: Sequence[str], *, at: float) -> None:
        """Note that these are on disk since `at`, in seconds since 1970."""
        with self._lock:
            self._times.update(dict.fromkeys(identifiers, at))
            while len(self._times) > _MOST:
                self._times.popitem(last=False)

    def told(self, delivery: Delivery) -> Delivery:
        """Return a delivery with the time since when it is on disk, if that is known."""
        with self._lock:
            at = self._times.get(delivery.id)
        return delivery if at is None else replace(delivery, stored_at=at)
