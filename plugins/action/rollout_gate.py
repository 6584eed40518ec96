# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide on the control node whether a rollout goes on; documented with the module of this name."""

from __future__ import annotations

import time

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.longshore.containers.plugins.plugin_utils._durations import pause
from ansible_collections.longshore.containers.plugins.plugin_utils._rollout import (
    asked_to_stop,
    judge_batch,
    judge_reach,
    limits,
)

ARGUMENTS = {
    "hosts": {"type": "list", "elements": "str", "required": True},
    "batch": {"type": "list", "elements": "str", "required": True},
    "failed": {"type": "list", "elements": "str", "default": []},
    "away": {"type": "list", "elements": "str", "default": []},
    "unserved": {"type": "list", "elements": "str", "default": []},
    "majority": {"type": "bool", "default": True},
    "rollout": {"type": "dict", "default": {}},
    "stop_file": {"type": "path"},
    "pause": {"type": "bool", "default": True},
}
POLL_S = 0.25


class ActionModule(ActionBase):
    """Asks for a stop file, for hosts that are away or have failed, and for the pause."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _spec, order = self.validate_argument_spec(ARGUMENTS)
        stop = self._stop(order)
        result["batch"] = order["batch"]
        if stop is not None:
            advice = "hosts that were not switched yet keep what they run"
            msg = f"{stop.why}; {advice}"
            result.update(failed=True, reason=stop.reason, why=stop.why, msg=msg)
        return result

    def _stop(self, order):
        stop = asked_to_stop(_content(order["stop_file"])) or _reached(order) or _judged(order)
        is_first = order["hosts"][:1] == order["batch"][:1]
        if stop or is_first or not order["pause"] or self._task.check_mode:
            return stop
        return self._wait(pause(order["rollout"].get("pause") or 0), order["stop_file"])

    def _wait(self, seconds, stop_file):
        if seconds:
            self._display.display(f"the next batch starts in {seconds:g} s")
        deadline = time.monotonic() + seconds
        stop = None
        while stop is None and time.monotonic() < deadline:
            time.sleep(POLL_S)
            stop = asked_to_stop(_content(stop_file))
        return stop


def _reached(order):
    unreachable = order["rollout"].get("unreachable") or "skip"
    return judge_reach(
        order["away"],
        unserved=order["unserved"],
        hosts=order["hosts"],
        unreachable=unreachable,
        majority=order["majority"],
    )


def _judged(order):
    if not order["failed"]:
        return None
    allowed = limits(order["rollout"], hosts=len(order["hosts"]))
    return judge_batch(order["failed"], batch=order["batch"], allowed=allowed)


def _content(path):
    if not path:
        return None
    try:
        with open(path, encoding="utf-8", errors="replace") as handle:
            return handle.read(100)
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise AnsibleActionFail(f"the stop file {path} cannot be read: {exc}") from exc
