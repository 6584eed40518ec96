# SPDX-License-Identifier: GPL-3.0-or-later
"""How often a sender may fail to prove itself before it is told to wait.

Only failures count and only failures are slowed: a valid delivery never asks here.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

# Names and addresses are the sender's choice: the table must not grow with them.
_MOST_KEYS = 4096


@dataclass(frozen=True)
class Allowance:
    """So many failures at once, and then so many a second (a token bucket)."""

    burst: float
    per_second: float


@dataclass
class _Bucket:
    left: float
    at: float


class FailureLimit:
    """Counts failures by key, in a table of bounded size; the least recently used is forgotten."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def wait_after(self, keys: Iterable[str], *, now: float) -> float:
        """Count one failure for each key; return the seconds to wait, 0 when none is used up.

        `now` is monotonic.
        """
        with self._lock:
            return max(self._take(key, now) for key in keys)

    def _take(self, key: str, now: float) -> float:
        bucket = self._buckets.pop(key, None) or _Bucket(self._allowance.burst, now)
        self._buckets[key] = bucket
        while len(self._buckets) > _MOST_KEYS:
            self._buckets.popitem(last=False)
        refilled = bucket.left + (now - bucket.at) * self._allowance.per_second
        bucket.left, bucket.at = min(refilled, self._allowance.burst), now
        if bucket.left < 1:
            return (1 - bucket.left) / self._allowance.per_second
        bucket.left -= 1
        return 0.0
