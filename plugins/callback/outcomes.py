# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Report what became of each host: as JSON lines for programs, as a table for people."""

from __future__ import annotations

DOCUMENTATION = r"""
name: outcomes
type: aggregate
short_description: Reports what became of each host of a deployment
version_added: 1.0.0
author: The Longshore developers (@longshore)
description:
  - Prints one line per host at the end of C(longshore.containers.deploy) and
    C(longshore.containers.status).
  - Appends every event as one JSON line to a file, if one is named.
  - The host of an event is Ansible's own, never one that a host's answer names.
requirements:
  - enabled in the configuration (C(callbacks_enabled = longshore.containers.outcomes))
options:
  path:
    description: File to which events are appended.
    type: path
    env:
      - name: LONGSHORE_OUTCOMES
"""

import json
import os
import time

from ansible.plugins.callback import CallbackBase
from ansible_collections.longshore.containers.plugins.plugin_utils import _host_steps
from ansible_collections.longshore.containers.plugins.plugin_utils._failure import (
    connection_advice,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._host_values import text
from ansible_collections.longshore.containers.plugins.plugin_utils._ledger import (
    Ledger,
    connection_problem,
    containers_from,
    daemon_id,
    hook_lost,
    outcome_from,
    problems_from,
    registry_trouble,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._outcome_table import table
from ansible_collections.longshore.containers.plugins.plugin_utils._task_kinds import (
    GATE,
    GIVE_UP,
    INVENTORY,
    PREFLIGHT,
    REMOVAL,
    SET_FACT,
    STATUS,
    SWITCH,
    event_of,
    is_left_out,
    is_staged_again,
    is_switch,
    step_of,
)


class CallbackModule(CallbackBase):
    """Turns what Ansible reports into events."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "longshore.containers.outcomes"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._ledger = Ledger()
        self._play = ""
        self._file = None
        self._lost_items = {}
        self._steps = _host_steps.HostSteps()
        self._batches = 0

    def set_options(self, task_keys=None, var_options=None, direct=None) -> None:
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)
        path = self.get_option("path")
        if path:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            self._file = os.open(path, flags, 0o600)

    def v2_playbook_on_play_start(self, play) -> None:
        self._play = play.get_name().strip()
        variables = play.get_variable_manager()
        self._ledger.app = str(variables.extra_vars.get("app", ""))

    def v2_playbook_on_task_start(self, task, is_conditional) -> None:
        self._write("step", play=self._play, task=task.get_name().strip())

    def v2_runner_on_start(self, host, task) -> None:
        self._steps.begin(host.name, step_of(task), at=time.time())

    def v2_runner_on_skipped(self, result) -> None:
        self._steps.forget(result.host.name)

    def v2_runner_on_ok(self, result) -> None:
        self._end_step(result, good=True)
        action = result.task.resolved_action
        if action == SET_FACT and result.task.vars.get("longshore_event") == "expect":
            self._expect(result.result)
        elif action == SWITCH and event_of(result.task) not in ("predict", "retire"):
            self._settle(result.host.name, outcome_from(result.result, failed=False))
        elif action == PREFLIGHT and result.result.get("unchanged"):
            # Nothing more is done there.
            found = outcome_from(result.result["unchanged"], failed=False)
            self._settle(result.host.name, found, step="preflight")
        elif action == STATUS:
            self._status(result.host.name, result.result)
        elif event_of(result.task) == "stage":
            self._staged(result.host.name, changed=bool(result.result.get("changed")))
        elif action == GATE and result.task.vars.get("longshore_event") == "batch":
            self._begin_batch(result.result["batch"])

    def v2_runner_on_failed(self, result, ignore_errors=False) -> None:
        self._end_step(result, good=False)
        # A failure to stage, or in a user's hook, is rescued, and told in plain words by the task
        # after it.
        if ignore_errors or event_of(result.task) in ("stage", "hook", "told"):
            return
        if is_staged_again(result):
            return
        if event_of(result.task) in INVENTORY:
            self._stop(event_of(result.task), result.result.get("msg"))
            return
        if result.task.resolved_action == GATE and "reason" in result.result:
            self._stop(result.result["reason"], result.result["why"])
            return
        if result.task.resolved_action in (STATUS, REMOVAL):
            # One on which nothing ends is away, as the playbooks take it.
            word = "unreachable" if "timedout" in result.result else "failed"
            self._unseen(result.host.name, result.result.get("msg"), outcome=word)
            return
        if result.task.resolved_action == PREFLIGHT:
            if not is_left_out(result.result):
                self._problems(result.host.name, result.result)
            return
        if result.host.name not in self._ledger.expected:
            self._write("error", message=text(result.result.get("msg")))
        step = "switch" if is_switch(result.task) else "stage"
        self._settle(result.host.name, outcome_from(result.result, failed=True), step=step)

    def v2_runner_item_on_failed(self, result) -> None:
        # Only the item names the host that it was delegated to, and what was wrong with it.
        if result.result.get("unreachable"):
            said = result.result.get("msg")
            self._lost_items.setdefault(result.host.name, (result.task.delegate_to, said))

    def v2_runner_on_unreachable(self, result) -> None:
        self._end_step(result, good=False)
        host = result.host.name
        to, said = self._lost_items.pop(host, (result.task.delegate_to, result.result.get("msg")))
        if result.task.ignore_unreachable:
            return
        if event_of(result.task) == "hook":
            self._lose_in_hook(result, to=to or host, said=connection_problem(said))
            return
        if result.task.resolved_action in (STATUS, REMOVAL):
            self._unseen(result.host.name, result.result.get("msg"), outcome="unreachable")
            return
        if result.task.resolved_action == GIVE_UP and event_of(result.task) == "registry":
            self._settle(host, registry_trouble(said), step="stage")
            return
        given_up = result.task.resolved_action == GIVE_UP
        lost = is_switch(result.task) and not given_up
        # Ansible hides its reason too where a task's results are hidden.
        said = connection_problem(result.result.get("msg")) or "the host cannot be reached"
        advice = "nothing was changed"
        if lost:
            advice = (
                "the connection was lost in the middle of the switch: run again, which completes it"
            )
        elif not given_up:
            advice += f". {connection_advice(said, host=host)}"
        found = {"outcome": "unreachable", "reason": f"{said}; {advice}"}
        self._settle(result.host.name, found, step="switch" if lost else "reach")

    def v2_playbook_on_stats(self, stats) -> None:
        self._write_steps(self._steps.close_all())
        unsettled = [host for host in self._ledger.expected if host not in self._ledger.outcomes]
        if self._ledger.problems and unsettled:
            self._stop("preflight", self._ledger.why_not_ready())
        for host, found in self._ledger.unsettled():
            self._settle(host, found, step="stage")
        if self._ledger.expected:
            self._write("finished", hosts=len(self._ledger.expected))
        for line in table(self._ledger):
            self._display.display(line)
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _expect(self, result) -> None:
        for host, target in result["ansible_facts"]["longshore_targets"].items():
            self._ledger.expect(host, digest=target["digest"])
        ledger = self._ledger
        self._write("expected", hosts=ledger.expected, app=ledger.app, digest=ledger.digest)
        # Who was away when the hosts were asked is not tried again.
        for host, found in ledger.unseen.items():
            self._settle(host, found, step="reach")

    def _end_step(self, result, *, good) -> None:
        is_switch = result.task.resolved_action == SWITCH
        within = _host_steps.within_switch(result.result) if is_switch else ()
        done = self._steps.end(result.host.name, at=time.time(), good=good, within=within)
        self._write_steps(done)

    def _write_steps(self, done) -> None:
        for step in done:
            if step["host"] in self._ledger.expected:
                self._write("host_step", **step)

    def _begin_batch(self, hosts) -> None:
        self._batches += 1
        self._write("batch", number=self._batches, hosts=hosts)

    def _staged(self, host, *, changed) -> None:
        if host in self._ledger.expected:
            self._ledger.staged.add(host)
            self._write("staged", host=host, changed=changed)

    def _settle(self, host, found, *, step="switch") -> None:
        self._write_steps(self._steps.close(host))
        if self._ledger.settle(host, dict(found, step=step)):
            self._write("outcome", host=host, **self._ledger.outcomes[host])

    def _lose_in_hook(self, result, *, to, said) -> None:
        """A connection that a user's hook needed: a failure of the hook, whosever it was."""
        host, task = result.host.name, result.task
        hook = task.get_vars().get("__docker_container_hook_name", "a hook")
        before = self._ledger.outcomes.get(host)
        why = hook_lost(hook, host=host, to=to, task=task.name, said=said, before=before)
        self._settle(host, outcome_from({"reason": why}, failed=True))

    def _problems(self, host, result) -> None:
        problems = problems_from(result)
        self._ledger.problems[host] = problems
        self._write("problem", host=host, problems=problems)
        found = outcome_from({"reason": "; ".join(problems)}, failed=True)
        self._settle(host, found, step="preflight")

    def _stop(self, reason, why) -> None:
        self._ledger.stop(text(why))
        self._write("stopped", reason=text(reason), why=self._ledger.stopped)

    def _status(self, host, result) -> None:
        self._ledger.status[host] = containers_from(result)
        daemon = daemon_id(result.get("daemon"))
        self._write("status", host=host, containers=self._ledger.status[host], daemon=daemon)

    def _unseen(self, host, why, *, outcome) -> None:
        """A host whose containers could not be listed: away, or its Docker does not answer."""
        reason = text(why) or "the host cannot be reached"
        self._ledger.unseen[host] = {"outcome": outcome, "reason": f"{reason}; nothing was changed"}
        self._write("status", host=host, unreachable=reason)

    def _write(self, event, **fields) -> None:
        if self._file is not None:
            line = json.dumps({"event": event, "at": time.time(), **fields})
            # One write per line: O_APPEND keeps lines of several writers whole.
            os.write(self._file, line.encode() + b"\n")
