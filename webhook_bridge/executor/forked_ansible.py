# SPDX-License-Identifier: GPL-3.0-or-later
"""Run `ansible-playbook` in a fork of a process that has imported it, instead of a new one.

ansible-runner starts its command by `subprocess.run` (ansible_runner/runner.py, `run_subprocess`);
`use_fork` has it call `run` instead, which takes and raises the same.

Facts of ansible-core 2.19 to 2.21: importing ansible.constants reads the configuration, and many
modules keep what it said (PluginLoader, FieldAttribute); so a fork serves a run only if both have
the same environment, but for `fork_requests.PER_RUN`. It also makes the temporary
folder of the process, so a fork makes its own.
"""

from __future__ import annotations

import logging
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import ansible_runner.runner
from ansible import constants
from ansible.cli.playbook import PlaybookCLI
from ansible.executor.play_iterator import PlayIterator
from ansible.plugins.strategy import StrategyBase

from webhook_bridge.executor import preloaded_plugins
from webhook_bridge.executor.fork_requests import shared
from webhook_bridge.executor.forked_process import (
    become,
    close_all_but,
    open_descriptors,
    reset_signals,
)

_PROGRAM = "ansible-playbook"
_LONGEST_WAIT_S = 60.0
_start: Callable[..., subprocess.CompletedProcess[str]] = ansible_runner.runner.run_subprocess
_imported_with = dict(os.environ)
# In seconds: Ansible's default has it look a thousand times a second for results of its workers,
# which was a tenth of the processor time of a run with 20 hosts. While it awaits a single result,
# such as that of each task on the control node, it does.
_POLL_INTERVAL = "DEFAULT_INTERNAL_POLL_INTERVAL"
_DEFAULT_POLL_INTERVAL_S, _POLL_INTERVAL_S = 0.001, 0.005
_wait_on_results = StrategyBase._wait_on_pending_results  # noqa: SLF001 -- nothing public does it


def _log_files() -> list[logging.FileHandler]:
    """Return what writes the file of Ansible's setting log_path, which it opens at its import."""
    return [one for one in logging.root.handlers if isinstance(one, logging.FileHandler)]


for _log_file in _log_files():
    _log_file.close()  # each run opens it with its first line: logrotate may have replaced it
_open_at_import = open_descriptors()


def prepare() -> set[str]:
    """Load what every run loads, and remove what belongs to one process.

    Returns the configuration that was read, and other places that decided what was loaded.
    """
    decided = preloaded_plugins.load()
    shutil.rmtree(constants.DEFAULT_LOCAL_TMP, ignore_errors=True)
    if constants.DEFAULT_INTERNAL_POLL_INTERVAL == _DEFAULT_POLL_INTERVAL_S:
        StrategyBase._wait_on_pending_results = _look_seldom_for_several  # noqa: SLF001 -- the same
    return decided | {constants.CONFIG_FILE} if constants.CONFIG_FILE else decided


def _look_seldom_for_several(strategy: StrategyBase, iterator: PlayIterator) -> list[Any]:
    awaits_one = strategy._pending_results == 1  # noqa: SLF001 -- nothing public tells it
    vars(constants)[_POLL_INTERVAL] = _DEFAULT_POLL_INTERVAL_S if awaits_one else _POLL_INTERVAL_S
    results: list[Any] = _wait_on_results(strategy, iterator)
    return results


def use_fork() -> None:
    """Have ansible-runner, in this process, fork where it would start `ansible-playbook`."""
    vars(ansible_runner.runner)["run_subprocess"] = run


def run(
    command: Sequence[str], *, env: Mapping[str, str], timeout: float | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run the command as `subprocess.run` does with `check`; in a fork, where that is the same.

    Raises subprocess.CalledProcessError and subprocess.TimeoutExpired as that does.
    """
    program = shutil.which(command[0], path=env.get("PATH"))
    if program is None or not _is_imported(program, env):
        return _start(command, env=env, timeout=timeout, **options)
    # The parent waits for this signal; what is blocked is kept.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    pid = os.fork()
    if pid == 0:
        become(lambda: _run_playbook([program, *command[1:]], env, **options))
    code = _wait(pid, timeout)
    if code is None:
        raise subprocess.TimeoutExpired(command, timeout or 0)
    if code:
        raise subprocess.CalledProcessError(code, command)
    return subprocess.CompletedProcess(command, code)


def _is_imported(program: str, env: Mapping[str, str]) -> bool:
    """Return whether starting this would import what is imported already, and as it is."""
    if Path(program) != Path(sys.executable).with_name(_PROGRAM):
        return False
    return shared(env) == shared(_imported_with)


def _run_playbook(
    arguments: list[str], env: Mapping[str, str], *, cwd: str, stdout: int, **_: Any
) -> None:
    reset_signals()
    _redirect(stdout)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    sys.argv = arguments
    _leave_out_closed_logs()
    if not preloaded_plugins.serve(arguments[-1]):
        preloaded_plugins.forget()
    temporary = constants.config.get_config_value("DEFAULT_LOCAL_TMP", variables=vars(constants))
    vars(constants)["DEFAULT_LOCAL_TMP"] = temporary
    PlaybookCLI.cli_executor(arguments)


def _redirect(output: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, number in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(descriptor, number)
    close_all_but(_open_at_import)


def _leave_out_closed_logs() -> None:
    """Go on without a log that cannot be written, as Ansible does when it is started."""
    for log_file in _log_files():
        try:
            Path(log_file.baseFilename).open("a").close()
        except OSError:
            logging.root.removeHandler(log_file)


def _wait(pid: int, timeout: float | None) -> int | None:
    """Return the exit code of a child; None where it was killed because its time was over."""
    deadline = math.inf if timeout is None else time.monotonic() + timeout
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        left = deadline - time.monotonic()
        if left <= 0:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return None
        signal.sigtimedwait({signal.SIGCHLD}, min(left, _LONGEST_WAIT_S))
