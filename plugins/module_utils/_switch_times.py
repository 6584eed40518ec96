# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a switch was waiting for health, and what was the way back to the old container."""

from __future__ import annotations

import time
from contextlib import contextmanager

HEALTH = "health"
WAY_BACK = "way_back"


class Times:
    """When each part began and ended; what is done twice is one part, from the first beginning."""

    def __init__(self, clock=time.monotonic):
        self._clock = clock
        self._spans = {}

    @contextmanager
    def taken(self, part):
        """Note that what is done within is this part."""
        began = self._clock()
        try:
            yield
        finally:
            first, _ended = self._spans.get(part, (began, began))
            self._spans[part] = (first, self._clock())

    def since(self, moment):
        """Return [began, ended] of each part, in seconds since a moment of the same clock."""
        return {
            part: [round(began - moment, 2), round(ended - moment, 2)]
            for part, (began, ended) in self._spans.items()
        }
