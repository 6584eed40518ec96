# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of the action plugins that run a module on a host."""

from __future__ import annotations

import contextlib

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible_collections.longshore.containers.plugins.module_utils._code_cache import LACKS_CODE
from ansible_collections.longshore.containers.plugins.module_utils._env_secrets import masked
from ansible_collections.longshore.containers.plugins.plugin_utils._host_program import (
    ArgumentError,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._host_python import (
    HostPython,
    takes_programs,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._host_results import (
    ADDED,
    MAX_ANSWER,
    answer_of,
    interpreter_of,
    known_result,
    secrets_in,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._host_values import (
    flag,
    printable_lines,
)

MAX_STDERR = 4_000
NOTHING = {}


class HostModule(ActionBase):
    """Runs the module of its name on the host, and takes only `returns` of what that says.

    `program` is the module's HostProgram, which is sent in place of the module to every host that
    takes one over standard input. `returns` names the keys, each with the function that makes
    anything its type; `largest` is how many characters of an answer are read.
    """

    _supports_check_mode = True
    _supports_async = True
    program = None
    returns = NOTHING
    largest = MAX_ANSWER

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        del tmp
        try:
            return {**result, **self.ask(task_vars)}
        finally:
            if not self._task.async_val:
                self._remove_tmp_path(self._connection._shell.tmpdir)  # noqa: SLF001 -- as the action plugin `normal` of ansible-core does

    def ask(self, task_vars, *, module=None, arguments=None, program=None):
        """Run a module, by default that of the task, and return what is taken of its result.

        Its `program` goes in its place wherever the host takes one.
        """
        program = program if module else self.program
        with self._harmless_errors():
            if program and takes_programs(self):
                said = self._run_program(program, arguments, task_vars)
            else:
                said = self._run_module(module, arguments, task_vars)
        taken = known_result(said, {**ADDED, **self.returns})
        # Ansible adds where it found Python, and asks each time anew where that is lost.
        facts = {**taken.get("ansible_facts", {}), **interpreter_of(said.get("ansible_facts"))}
        return {**taken, "ansible_facts": facts} if facts else taken

    def _run_module(self, module, arguments, task_vars):
        in_background = bool(self._task.async_val and not self._connection.has_native_async)
        return self._execute_module(
            module_name=module,
            module_args=arguments,
            task_vars=task_vars,
            wrap_async=in_background,
        )

    def _run_program(self, program, arguments, task_vars):
        given = self._task.args if arguments is None else arguments
        try:
            params = program.checked(given)
        except ArgumentError as exc:
            return {"failed": True, "msg": masked(str(exc), self.secrets())}
        python = HostPython(self, task_vars)
        return python.run(program, params)

    def secrets(self):
        """Return (text, name) pairs that no text of the host may hold."""
        return secrets_in(self._task.args.get("login"), {})

    def _low_level_execute_command(self, *args, **kwargs):
        # Here, before Ansible reads it: it shows what it removes, in the host's own words.
        with self._harmless_errors():
            said = super()._low_level_execute_command(*args, **kwargs)
        returns = {**ADDED, **self.returns, LACKS_CODE: flag}
        stdout = answer_of(said["stdout"][: self.largest], returns, self.secrets())
        return {
            **said,
            "stdout": stdout,
            "stdout_lines": stdout.splitlines(),
            "stderr": self._harmless(said["stderr"]),
        }

    @contextlib.contextmanager
    def _harmless_errors(self):
        """Tell of a lost connection without what the host may have written into its reason."""
        try:
            yield
        except AnsibleConnectionFailure as exc:
            raise AnsibleConnectionFailure(self._harmless(exc.message)) from None

    def _harmless(self, said):
        return masked(printable_lines(said, MAX_STDERR), self.secrets())
