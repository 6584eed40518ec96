# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the HEALTHCHECK of a container runs: pure.

Facts: the daemon merges the image's HEALTHCHECK with the container's options into the container's
configuration, in nanoseconds; 0 means a default (moby daemon/health.go, monitor). A check runs for
the first time one interval after the start; Docker 25 and later take start_interval during
start_period. Failures before the end of start_period do not count.
"""

from __future__ import annotations

from typing import NamedTuple

# How long an image may make a switch wait beyond health.timeout: whoever pushes an image must not
# be able to keep a host without its container for hours.
LONGEST_WAIT_S = 300.0
_DEFAULT_S = 30.0
_SLACK_S = 1.0
_NANO = 1e9


class CheckTimes(NamedTuple):
    """How a container is checked by its daemon. Times are in seconds."""

    interval: float = _DEFAULT_S
    timeout: float = _DEFAULT_S
    start_period: float = 0.0
    start_interval: float = 0.0

    @property
    def first_verdict(self):
        """Seconds after the start by which a check that counts has ended."""
        first = max(self.interval, self.start_interval if self.start_period else 0.0)
        return self.start_period + first + self.timeout + _SLACK_S


def check_times(config):
    """Read the CheckTimes from a container's configuration; None where nothing is checked."""
    found = config.get("Healthcheck") or {}
    if (found.get("Test") or ["NONE"])[0] == "NONE":
        return None
    return CheckTimes(
        interval=_seconds(found, "Interval") or _DEFAULT_S,
        timeout=_seconds(found, "Timeout") or _DEFAULT_S,
        start_period=_seconds(found, "StartPeriod"),
        start_interval=_seconds(found, "StartInterval"),
    )


def _seconds(found, key):
    return (found.get(key) or 0) / _NANO


def too_slow(times, timeout):
    """Return why a check cannot be waited for, naming what to change, or an empty string."""
    if times is None or times.first_verdict <= max(timeout, LONGEST_WAIT_S):
        return ""
    return (
        f"its health check has its first say up to {times.first_verdict:g} s after the start "
        f"(HEALTHCHECK with interval {times.interval:g} s, timeout {times.timeout:g} s, "
        f"start_period {times.start_period:g} s), but health.timeout is {timeout:g} s: set "
        f"health.timeout to at least {times.first_verdict:g}, or a shorter interval and "
        "start_period under container.healthcheck"
    )
