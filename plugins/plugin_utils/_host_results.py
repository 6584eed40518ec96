# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a module's result is taken from a host: known keys with known types, and nothing else.

Whoever owns a host writes the whole result. Ansible itself makes variables of `ansible_facts`,
shows `warnings`, `deprecations` and `exception`, and keeps whatever else there is.
"""

from __future__ import annotations

import json
import re

from ansible.module_utils.json_utils import _filter_non_json_lines
from ansible_collections.longshore.containers.plugins.module_utils._env_secrets import (
    masked,
    secrets_of,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._host_values import (
    MAX_LINES,
    flag,
    printable_lines,
    text,
    whole,
)

# The most that a module of ours says: 500 containers of 600 bytes.
MAX_ANSWER = 1_000_000
# What is shown of an answer that no module wrote, such as the text of a shell without Python.
MAX_NO_RESULT = 4_000
INTERPRETER = "discovered_interpreter_python"
PATH = re.compile(r"/[A-Za-z0-9_./+-]{1,255}")


def warnings(value):
    """Return printable warnings, from texts or from the mappings that ansible-core 2.19 makes."""
    found = value[:MAX_LINES] if isinstance(value, list) else []
    return [each for each in (text(_words(each)) for each in found) if each]


def _words(warning):
    event = warning.get("event") if isinstance(warning, dict) else None
    return event.get("msg") if isinstance(event, dict) else warning


# What any module may say; each function takes anything and returns its type.
COMMON = {"changed": flag, "failed": flag, "msg": text, "warnings": warnings}
# What Ansible on the control node adds where an answer was not a result, and for a job (async).
ADDED = {
    "ansible_job_id": text,
    "finished": whole,
    "module_stderr": lambda value: printable_lines(value, MAX_NO_RESULT),
    "module_stdout": lambda value: printable_lines(value, MAX_NO_RESULT),
    "rc": whole,
    "results_file": text,
    "started": whole,
}


def known_result(result, returns):
    """Return a result with the keys of `returns` and COMMON, each made its type."""
    readers = {**COMMON, **returns}
    said = {**_raised(result.get("exception")), **result}
    return {key: readers[key](value) for key, value in said.items() if key in readers}


def _raised(exception):
    """Return what ended a module (ErrorSummary, ansible-core 2.19) as a result would tell it."""
    return {"msg": _words(exception)} if isinstance(exception, dict) else {}


def answer_of(stdout, returns, secrets=()):
    """Return what a host wrote, reduced to a result of known keys.

    What is not a result is returned as printable text of bounded length, so that Ansible can say
    what came instead.
    """
    try:
        found, _warnings = _filter_non_json_lines(stdout, objects_only=True)
        result = json.loads(found)
    except (ValueError, RecursionError):
        return masked(printable_lines(stdout, MAX_NO_RESULT), secrets)
    return json.dumps(hidden(known_result(result, returns), secrets))


def hidden(value, secrets):
    """Return a result in which no text holds a secret that was sent along."""
    if isinstance(value, dict):
        return {key: hidden(each, secrets) for key, each in value.items()}
    if isinstance(value, list):
        return [hidden(each, secrets) for each in value]
    return masked(value, secrets) if isinstance(value, str) else value


def secrets_in(login, environment):
    """Return (text, name) pairs to hide: of a login, and of a container's environment."""
    login = login if isinstance(login, dict) else {}
    environment = environment if isinstance(environment, dict) else {}
    pairs = {**environment, "password": login.get("password") or ""}
    return secrets_of([f"{name}={value}" for name, value in pairs.items()], public=())


def interpreter_of(facts):
    """Return of the facts only where Ansible found Python on the host, as facts; else none."""
    path = facts.get(INTERPRETER) if isinstance(facts, dict) else None
    found = isinstance(path, str) and PATH.fullmatch(path)
    return {INTERPRETER: str(path)} if found else {}
