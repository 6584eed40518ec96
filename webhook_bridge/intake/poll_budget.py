# SPDX-License-Identifier: GPL-3.0-or-later
"""How often a registry may be asked: so many questions an hour, saved up to a tenth of that."""

from __future__ import annotations

_HOUR_S = 3600.0
_MOST_SAVED = 0.1


class Budget:
    """A bucket of questions for each registry, and until when one asked to be left alone.

    Times are seconds of one clock that never goes back; the caller brings them.
    """

    def __init__(self, per_hour: int) -> None:
        self._per_second = per_hour / _HOUR_S
        self._most = max(1.0, per_hour * _MOST_SAVED)
        self._buckets: dict[str, tuple[float, float]] = {}
        self._quiet_until: dict[str, float] = {}

    def wait(self, registry: str, *, cost: int, now: float) -> float:
        """Take what a question costs, or return in how many seconds it may be asked again for."""
        quiet = self._quiet_until.get(registry, now) - now
        if quiet > 0:
            return quiet
        left, at = self._buckets.get(registry, (self._most, now))
        left = min(self._most, left + (now - at) * self._per_second)
        # What costs more than can be saved is let through by a full bucket, and paid afterwards.
        missing = min(cost, self._most) - left
        if missing > 0:
            self._buckets[registry] = (left, now)
            return missing / self._per_second
        self._buckets[registry] = (left - cost, now)
        return 0.0

    def leave_alone(self, registry: str, *, until: float) -> None:
        """Ask nothing before a moment: the registry said so."""
        self._quiet_until[registry] = max(until, self._quiet_until.get(registry, until))
