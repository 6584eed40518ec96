# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a HostProgram by the Python of a host, over the connection of an action plugin.

It goes the ways of ActionBase._execute_module: the same interpreter, environment and `become`.
Checked with ansible-core 2.19 to 2.21, whose private functions it calls for that.
"""

from __future__ import annotations

import contextlib
import json
import re
from functools import partial
from weakref import WeakKeyDictionary

from ansible import constants
from ansible.executor.interpreter_discovery import (
    InterpreterDiscoveryRequiredError,
    discover_interpreter,
)
from ansible.executor.module_common import _get_shebang
from ansible_collections.longshore.containers.plugins.module_utils._code_cache import LACKS_CODE
from ansible_collections.longshore.containers.plugins.plugin_utils._host_program import (
    OPTIONS,
    TOO_OLD,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._host_results import (
    INTERPRETER,
)

# Whether it pipelines, by connection, of which a worker has one: each question has Ansible parse
# all options of ssh.
_PIPELINES = WeakKeyDictionary()


def takes_programs(action):
    """Whether a task's connection takes a program over standard input (pipelining).

    Without it, in the background (async) and on Windows the module itself is run, by Ansible.
    """
    connection = action._connection  # noqa: SLF001 -- ActionBase has it for its plugins
    return bool(
        not action._task.async_val  # noqa: SLF001 -- the same
        and connection.module_implementation_preferences[0] == ""
        # A connection that only keeps a session to a device runs modules on the control node.
        and not getattr(connection, "_remote_is_local", False)
        and _pipelines(action)
    )


def _pipelines(action):
    connection = action._connection  # noqa: SLF001 -- the same
    if connection not in _PIPELINES:
        _PIPELINES[connection] = action._is_pipelining_enabled("new")  # noqa: SLF001 -- the same
    return _PIPELINES[connection]


def sent_short_then_whole(name, send):
    """Return the result of a program that is sent without its sources, then with them if need be.

    `send` takes whether they are to be sent, and returns what the host said as a result. `name` is
    the module's.
    """
    for with_sources in (False, True):
        said = send(with_sources)
        if not said.pop(LACKS_CODE, False):
            return said
    lacks = f"{name}: this host answers that it lacks the code of this module after it was sent"
    advice = "see what answers there in place of Python (ansible_python_interpreter)"
    return {**said, "failed": True, "msg": f"{lacks}: {advice}"}


class HostPython:
    """The Python of a task's host: configured, or found once as for any module."""

    def __init__(self, action, task_vars):
        self._action = action
        self._task = action._task  # noqa: SLF001 -- ActionBase has it for its plugins
        self._task_vars = task_vars
        self._found = {}

    def run(self, program, params):
        """Run a HostProgram; return its result, with where Python was found as a fact.

        A program that gave no result has failed, and the result says what came instead.
        """
        path = self._interpreter()
        result = sent_short_then_whole(program.name, partial(self._send, program, params, path))
        # Nothing that the host says, but what was found out about it before.
        return {**result, "ansible_facts": self._found} if self._found else result

    def _send(self, program, params, path, with_sources):
        sent = program.stream(
            params,
            check_mode=self._task.check_mode,
            facility=self.syslog_facility(),
            with_sources=with_sources,
        )
        said = self._action._low_level_execute_command(  # noqa: SLF001 -- made for action plugins
            f"{self._command(path)} {OPTIONS} {program.name}", in_data=sent
        )
        return _result_of(said, program.name, path)

    def _command(self, path):
        """Return the environment of the task and the interpreter, as this shell wants them."""
        environment = self._action._compute_environment_string()  # noqa: SLF001 -- as _execute_module
        shell = self._action._connection._shell  # noqa: SLF001 -- the same
        return shell.build_module_command(environment, f"#!{path}", "").strip()

    def _interpreter(self):
        host = self._task.delegate_to
        variables = self._task_vars["ansible_delegated_vars"][host] if host else self._task_vars
        templar = self._action._templar  # noqa: SLF001 -- ActionBase has it for its plugins
        try:
            return _get_shebang("/usr/bin/python", variables, templar)[1]
        except InterpreterDiscoveryRequiredError as exc:
            found = discover_interpreter(
                self._action, exc.interpreter_name, exc.discovery_mode, variables
            )
        # For what else this task does on the host; a fact for all tasks that follow.
        variables.setdefault("ansible_facts", {})[INTERPRETER] = found
        if not host or self._task.delegate_facts:
            self._found = {INTERPRETER: found}
        return found

    def syslog_facility(self):
        """Return to which facility of its syslog the host logs the task; empty for none."""
        config = constants.config
        silent = config.get_config_value("DEFAULT_NO_TARGET_SYSLOG", variables=self._task_vars)
        if self._task.no_log or silent:
            return ""
        default = config.get_config_value("DEFAULT_SYSLOG_FACILITY")
        return str(self._task_vars.get("ansiblesyslog_facility", default))


def _result_of(said, name, path):
    """Return the result in what was said, which is reduced already (HostModule)."""
    # What is no result is told below, with what was said.
    with contextlib.suppress(ValueError, RecursionError):
        found = json.loads(said["stdout"])
        if isinstance(found, dict):
            return found
    return {
        "failed": True,
        "msg": _why_no_result(said, name, path),
        "module_stderr": said["stderr"],
        "module_stdout": said["stdout"],
        "rc": said["rc"],
    }


def _why_no_result(said, name, path):
    written = f"{said['stderr']}\n{said['stdout']}"
    if re.search("unknown option:? -I", written, re.IGNORECASE):
        return f"Python {TOO_OLD.format(python=path)}"
    missing = rf"{re.escape(path)}: (No such file or directory|(command )?not found)"
    if re.search(missing, written):
        return (
            f"The module interpreter {path} was not found: set ansible_python_interpreter for "
            "this host"
        )
    # Ansible's own words for it, by which others know it (`_failure`).
    return (
        f"Module result deserialization failed: {name} ended with exit code {said['rc']} and "
        "printed no result; module_stdout and module_stderr have what came instead"
    )
