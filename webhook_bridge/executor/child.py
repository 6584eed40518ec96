# SPDX-License-Identifier: GPL-3.0-or-later
"""The process around one Ansible run: `python -m webhook_bridge.executor.child`, or a fork.

It is two processes that watch each other: a guard, and under it the one that calls ansible-runner.
Whichever of them or of the bridge is killed, the others end all that descends from them. The
per-app lock is held by both, so the next run starts only when nothing of this one is left.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.longshore.containers.plugins.plugin_utils._lent_login import VARIABLE

from webhook_bridge.executor.memory_file import hold_in_memory
from webhook_bridge.executor.output import RunLog
from webhook_bridge.executor.process_tree import end_descendants, end_with_parent
from webhook_bridge.state_folder import RunFiles

if TYPE_CHECKING:
    from ansible_runner import Runner

_LOCK_WITHIN_S = 30.0
_LONGEST_FOLDER = 107 - len("/longshore-abcdefgh/ssh/0123456789.ABCDEFGHIJKLMNOP")


def main() -> int:
    """Read the run's specification from standard input and run it."""
    return run(json.load(sys.stdin))


def run(spec: Mapping[str, Any], *, parent: int = 0, forked: bool = False) -> int:
    """Run what is specified and leave nothing behind.

    `parent` is whose end is ours too, by default the bridge. `forked` says that this is a fork of a
    process that has imported Ansible.
    """
    private = Path(tempfile.mkdtemp(prefix="longshore-", dir=_short_folder(tempfile.gettempdir())))

    link = RunFiles(Path.cwd()).private

    def clean() -> None:
        shutil.rmtree(private, ignore_errors=True)
        with contextlib.suppress(OSError):
            link.unlink()

    end_with_parent(parent or spec["parent"], at_end=clean)
    try:
        with contextlib.suppress(OSError):  # it is for `end_orphans`, should all of us be killed
            link.symlink_to(private)
        _lock_app(Path(spec["lock"]))
        return _guard(spec, private, clean, forked=forked)
    finally:
        end_descendants()
        clean()


def _short_folder(folder: str) -> str:
    """Return the folder for a run's files: where a socket's path in it would be too long, /tmp.

    Ansible and ssh add to it the names of the run's folder, of the socket, and of one that ssh
    renames: /longshore-abcdefgh/ssh/0123456789.ABCDEFGHIJKLMNOP (OpenSSH mux.c). The kernel takes
    107 bytes (unix(7)).
    """
    return folder if len(os.fsencode(folder)) <= _LONGEST_FOLDER else "/tmp"  # noqa: S108 -- 0700


def _lock_app(file: Path) -> None:
    """Take the app's lock; it is kept until this process and its child are gone."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    deadline = time.monotonic() + _LOCK_WITHIN_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                sys.exit(f"another run of this app holds {file} and does not end")
            time.sleep(0.02)
        else:
            return


def _guard(
    spec: Mapping[str, Any], private: Path, clean: Callable[[], None], *, forked: bool
) -> int:
    """Start the process that runs Ansible, keep what that prints, and wait for it."""
    guard = os.getpid()
    log = RunLog(Path(spec["log"]))
    # Before the log has its thread: a fork of a process with threads may find a lock held for ever.
    child = os.fork()
    if child == 0:
        end_with_parent(guard, at_end=clean)
        os._exit(_run_ansible(spec, private, output=log.descriptor, forked=forked))
    with log:
        _, status = os.waitpid(child, 0)
        # Whatever of it is left, such as a shared SSH connection, still has the log's pipe.
        end_descendants()
    return os.waitstatus_to_exitcode(status)


def _run_ansible(spec: Mapping[str, Any], private: Path, *, output: int, forked: bool) -> int:
    """Run the playbook and write how it ended; return 0 when that is known."""
    if forked:
        from webhook_bridge.executor import forked_ansible  # noqa: PLC0415 -- imports Ansible

        forked_ansible.use_fork()
    runner = _runner(spec, private, output=output)
    runner.run()
    end_descendants()
    # One that was killed has no exit code: nobody knows how far it came.
    exit_code = runner.rc if runner.rc is not None and runner.rc >= 0 else None
    result = {"exit_code": exit_code, "status": runner.status}
    Path(spec["result"]).write_text(json.dumps(result), encoding="utf-8")
    return 0


def _runner(spec: Mapping[str, Any], private: Path, *, output: int) -> Runner:
    """Return ansible-runner, ready to run the playbook.

    Not by its `run`: that finds its events in what Ansible prints, where a host can write them
    (docs/adr/0013). So all that Ansible prints goes to `output`.
    """
    from ansible_runner.interface import init_command_config  # noqa: PLC0415 -- costs 0.3 s

    variables = private / "extra_vars.json"
    variables.touch(mode=0o600)
    variables.write_text(json.dumps(spec["extravars"]), encoding="utf-8")
    runner = init_command_config(
        "ansible-playbook",
        [
            *("--inventory", spec["inventory"]),
            *("--forks", str(spec["forks"])),
            *("--extra-vars", f"@{variables}"),
            spec["playbook"],
        ],
        private_data_dir=str(private),
        ident=spec["ident"],
        envvars={"ANSIBLE_SSH_CONTROL_PATH_DIR": str(private / "ssh")},
        timeout=spec["deadline"],
        quiet=True,
        runner_mode="subprocess",
        output_fd=output,
        error_fd=output,
    )
    # It sets its own, which write events into the output: Ansible loads all that stands there.
    environment = runner.config.env
    environment |= runner_plugins(os.environ)
    del environment["AWX_ISOLATED_DATA_DIR"]
    if spec["login"]:
        environment[VARIABLE] = hold_in_memory(json.dumps(spec["login"]))
    return runner


def runner_plugins(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of the environment that choose plugins in a run by ansible-runner.

    It sets the cache of facts like that, and its own output, which is replaced.
    """
    return {
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_STDOUT_CALLBACK": "longshore.containers.run_output",
        "ANSIBLE_CALLBACK_PLUGINS": environ.get("ANSIBLE_CALLBACK_PLUGINS", ""),
    }


if __name__ == "__main__":
    sys.exit(main())
