# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module's code on a host, where it came over standard input: see `_host_program`.

It needs Python's standard library alone, and imports little of it: on a host that takes longer than
what a module does there. So values are NamedTuples, which take 0.1 ms each to define; a dataclass
takes 0.7 ms, and `dataclasses` itself 8 ms, most of them for `inspect`. Patterns are texts, which
are compiled where they are used.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from importlib import import_module

PACKAGE = "ansible_collections.longshore.containers.plugins.module_utils"


class HostRun:
    """What a module's `run` uses of an AnsibleModule."""

    def __init__(self, params, *, check_mode):
        self.params = params
        self.check_mode = check_mode
        self._warnings = []

    def warn(self, warning):
        """Add a warning to the result."""
        self._warnings.append(warning)

    def exit_json(self, **result):
        """End with a result."""
        self._end(result, 0)

    def fail_json(self, msg, **result):
        """End with a result that has failed."""
        self._end({**result, "msg": msg, "failed": True}, 1)

    def run_command(self, args, *, data, handle_exceptions):
        """Run a program with text on its standard input; return its code, output and errors.

        Raises OSError where it cannot be run: `handle_exceptions`, of AnsibleModule, must be False.
        """
        import subprocess  # noqa: PLC0415 -- few hosts need it, and it takes time to import

        del handle_exceptions
        done = subprocess.run(
            args,
            input=f"{data}\n",
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def _end(self, result, code):
        said = self._with_warnings(result)
        # On a line of its own, whatever a profile has written before.
        sys.stdout.write(f"\n{json.dumps(said)}\n")
        sys.stdout.flush()
        raise SystemExit(code)

    def _with_warnings(self, result):
        return {**result, "warnings": self._warnings} if self._warnings else result


class _Ended(BaseException):
    """A run has ended with a result; no error, as SystemExit is none."""

    def __init__(self, result):
        super().__init__()
        self.result = result


class _Heard(HostRun):
    """A run whose result is not told."""

    def _end(self, result, code):
        del code
        raise _Ended(self._with_warnings(result))


def start(order):
    """Run the module that the control node ordered; does not return.

    `order` has `module`, its `params`, the names of those that are `paths` on this host,
    `check_mode`, and what to `log` (empty: nothing) to which `facility` of syslog.
    """
    _import_http_client()
    try:
        _start(HostRun, order)
    except SystemExit as ended:
        with contextlib.suppress(Exception):  # nobody may be there to read it
            sys.stderr.flush()
        # The result is written. Python would take 8 ms to tidy up what ends with its process.
        os._exit(ended.code if isinstance(ended.code, int) else 1)


def _import_http_client():
    """Import http.client without ssl, which it wants for HTTPS alone: it takes 5 ms.

    ssl itself can be imported after that. Not for `ask`: what else runs in its process may want
    the HTTPSConnection of http.client.
    """
    if "ssl" in sys.modules:
        return
    # What Python takes for a module that cannot be found (language reference, "The module cache").
    sys.modules["ssl"] = None
    try:
        import http.client  # noqa: F401, PLC0415 -- here alone ssl is left out
    finally:
        del sys.modules["ssl"]


def ask(order):
    """Run the module that the control node ordered, and return its result."""
    try:
        _start(_Heard, order)
    except _Ended as ended:
        return ended.result
    raise AssertionError("every run ends with a result")


def _start(kind, order):
    name = order["module"]
    run = kind({**order["params"], **_expanded(order)}, check_mode=order["check_mode"])
    try:
        _log(name, order)
        import_module(f"{PACKAGE}._{name}").run(run)
    except Exception as exc:  # noqa: BLE001 -- whatever ends a module is told as its result
        _break_off(run, name, exc)
    else:
        run.fail_json(f"{name} ended without a result on this host")


def _expanded(order):
    """Return paths as Ansible's type `path` has them: with this host's home and variables."""
    given = {name: order["params"][name] for name in order["paths"]}
    return {
        name: os.path.expanduser(os.path.expandvars(path))
        for name, path in given.items()
        if path is not None
    }


def _log(name, order):
    """Write to syslog what AnsibleModule writes there."""
    if not order["log"]:
        return
    # A host that keeps no such log is no reason to fail.
    with contextlib.suppress(ImportError, OSError):
        import syslog  # noqa: PLC0415 -- not every Python has it

        facility = getattr(syslog, order["facility"], syslog.LOG_USER)
        syslog.openlog(f"ansible-{name}", 0, facility)
        syslog.syslog(syslog.LOG_INFO, order["log"])


def _break_off(run, name, exc):
    import traceback  # noqa: PLC0415 -- for what should never happen

    said = f"{name} broke off on this host: {type(exc).__name__}: {exc}"
    run.fail_json(said, rc=1, module_stderr=traceback.format_exc())
