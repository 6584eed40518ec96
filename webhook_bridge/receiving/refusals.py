# SPDX-License-Identifier: GPL-3.0-or-later
"""What whoever does not prove itself is answered, at hooks and at the API alike.

It is noted; one that fails again and again is told to wait, and only counted. Whoever proves
itself never comes here, so no stranger can slow it down.
"""

from __future__ import annotations

import time
from http import HTTPStatus

from webhook_bridge.domain.deliveries import NewRejected
from webhook_bridge.receiving.answers import Answer, refusal
from webhook_bridge.receiving.failure_rate_limit import Allowance, FailureLimit
from webhook_bridge.receiving.rejected_requests import Rejections

_FAILURES = Allowance(burst=60, per_second=1)


class Refusals:
    """Counts the failures of all strangers, by what they tried and by where they come from."""

    def __init__(self, rejections: Rejections) -> None:
        self._rejections = rejections
        self._failures = FailureLimit(_FAILURES)

    def refuse(self, answer: Answer, note: NewRejected, *, tried: str) -> Answer:
        """Return the answer, or another one that tells to wait."""
        keys = (tried, f"address {note.remote}")
        wait = self._failures.wait_after(keys, now=time.monotonic())
        if not wait:
            self._rejections.note(note)
            return answer
        self._rejections.count()
        return refusal(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too_many_failures",
            "wait before you try again",
            Retry_After=str(int(wait) + 1),
        )
