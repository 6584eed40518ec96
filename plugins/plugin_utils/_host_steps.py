# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When each step of each host began and ended, by the clock of the control node."""

from __future__ import annotations

PREFLIGHT = "preflight"
STAGE = "stage"
BEFORE_SWITCH = "before_switch"
SWITCH = "switch"
AFTER_SWITCH = "after_switch"
MAX_STEPS = 16


class HostSteps:
    """Puts the tasks of a host together to its steps: a step is all tasks in a row that are of it.

    Nothing here comes from a host: neither a name nor a time.
    """

    def __init__(self):
        self._begun = {}
        self._open = {}
        self._count = {}

    def begin(self, host, step, *, at):
        """Note that a task of a step began on a host; an empty step is none."""
        self._begun[host] = (step, at)

    def end(self, host, *, at, good):
        """Note that the host's task ended; return the step before, if this one is of another."""
        step, began = self._begun.pop(host, ("", at))
        if not step:
            return []
        now = self._open.get(host)
        if now is not None and now["step"] == step:
            now.update(ended=at, good=now["good"] and good)
            return []
        done = self.close(host)
        self._open[host] = {"host": host, "step": step, "began": began, "ended": at, "good": good}
        return done

    def forget(self, host):
        """Note that the host's task was passed over."""
        self._begun.pop(host, None)

    def close(self, host):
        """Return the step that the host is in, as one that is over; at most 16 of each host."""
        done = self._open.pop(host, None)
        self._count[host] = self._count.get(host, 0) + (done is not None)
        return [done] if done is not None and self._count[host] <= MAX_STEPS else []

    def close_all(self):
        """Return what all hosts are in, as over."""
        return [step for host in list(self._open) for step in self.close(host)]
