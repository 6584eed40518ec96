# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pulls an image and then runs somebody else's module, in one process on the host."""

from __future__ import annotations

import io
import json
import sys

from ansible_collections.longshore.containers.plugins.module_utils._host_run import ask


def run_after(order, module) -> None:
    """Do what `order` says (`_host_run.start`), then call `module`, and end as that does.

    The result of the first is under `pulled` in what the second prints. Where the first fails the
    second is not called. Does not return.
    """
    pulled = ask(order)
    if pulled.get("failed"):
        _tell(json.dumps({"failed": True, "msg": pulled["msg"], "pulled": pulled}), 1)
    said, code = _heard(module)
    _tell(_with(said, pulled), code)


def _heard(module):
    """Return what a module prints and its exit code."""
    stdout, sys.stdout = sys.stdout, io.StringIO()
    try:
        module()
    except SystemExit as exc:
        return sys.stdout.getvalue(), exc.code
    finally:
        sys.stdout = stdout
    raise AssertionError("a module of Ansible's exits")


def _with(said, pulled):
    """Return a result with another in it; what is no result is returned as it is."""
    try:
        result = json.loads(said)
    except ValueError:
        return said
    return json.dumps({**result, "pulled": pulled}) if isinstance(result, dict) else said


def _tell(said, code):
    sys.stdout.write(f"\n{said}\n")
    sys.stdout.flush()
    raise SystemExit(code)
