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
# Within a switch, as the host says: the wait for the new container's health, and the way back.
HEALTH = "health"
WAY_BACK = "way_back"
MAX_STEPS = 16


class HostSteps:
    """Puts the tasks of a host together to its steps: a step is all tasks in a row that are of it.

    Neither a name nor a time comes from a host. Of what lies within a switch a host says how long
    after its beginning that was; it is cut to the time that the switch took by our own clock.
    """

    def __init__(self):
        self._begun = {}
        self._open = {}
        self._within = {}
        self._count = {}

    def begin(self, host, step, *, at):
        """Note that a task of a step began on a host; an empty step is none."""
        self._begun[host] = (step, at)

    def end(self, host, *, at, good, within=()):
        """Note that the host's task ended; return the step before, if this one is of another.

        `within` are (step, seconds from its beginning to the task's end, from its end, good).
        """
        step, began = self._begun.pop(host, ("", at))
        if not step:
            return []
        now = self._open.get(host)
        if now is not None and now["step"] == step:
            now.update(ended=at, good=now["good"] and good)
            done = []
        else:
            done = self.close(host)
            self._open[host] = _step(host, step, began, at, good)
        if within:
            self._within[host] = [_part(host, part, began, at) for part in within]
        return done

    def forget(self, host):
        """Note that the host's task was passed over."""
        self._begun.pop(host, None)

    def close(self, host):
        """Return the step that the host is in, as one that is over; at most 16 of each host."""
        done = [self._open.pop(host)] if host in self._open else []
        done += self._within.pop(host, [])
        room = MAX_STEPS - self._count.get(host, 0)
        self._count[host] = self._count.get(host, 0) + len(done[:room])
        return done[:room]

    def close_all(self):
        """Return what all hosts are in, as over."""
        return [step for host in list(self._open) for step in self.close(host)]


def within_switch(result):
    """Return what lies within a switch, of a result that was reduced to known keys."""
    parts, seconds = result.get("parts") or {}, result.get("seconds") or 0.0
    good = {
        HEALTH: result.get("outcome") == "updated",
        WAY_BACK: result.get("outcome") == "restored",
    }
    return [
        (name, seconds - pair[0], seconds - pair[1], good[name]) for name, pair in parts.items()
    ]


def _step(host, step, began, ended, good):
    return {"host": host, "step": step, "began": began, "ended": ended, "good": good}


def _part(host, part, began, ended):
    """Return a step within a task: what a host counts begins after the task, and ends with it."""
    step, before_end, at_end, good = part
    from_, to = (min(max(began, ended - each), ended) for each in (before_end, at_end))
    return _step(host, step, from_, to, good)
