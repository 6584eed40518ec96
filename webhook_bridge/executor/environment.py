# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment of a run: built from an allow-list, with Ansible tuned for many hosts.

Nothing of the bridge's own environment (tokens, hook secrets) reaches Ansible, unless the
settings name the variable, or how it begins, under `ansible.environment`.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from webhook_bridge.config.tables import AnsibleTable

_PASSED_ON = ("HOME", "LANG", "LC_ALL", "LOGNAME", "SSH_AUTH_SOCK", "TMPDIR", "TZ", "USER")
_OURS = "LONGSHORE_"
# One connection per host for the whole run; a host that falls silent is given up after 15 s
# instead of TCP's minutes.
_SSH = " ".join(
    f"-o {option}"
    for option in (
        "ControlMaster=auto",
        "ControlPersist=60s",
        "ServerAliveInterval=5",
        "ServerAliveCountMax=3",
    )
)

# What a user's ansible.cfg or environment must not decide in a run. Nobody is there to answer a
# prompt; the others change which tasks run, in which order, and which hosts a failure stops.
_PROMISED = {
    "ANSIBLE_ANY_ERRORS_FATAL": "False",
    "ANSIBLE_ASK_PASS": "False",
    "ANSIBLE_ASK_VAULT_PASS": "False",
    "ANSIBLE_BECOME_ASK_PASS": "False",
    "ANSIBLE_DIFF_ALWAYS": "False",
    # The bridge reads the apps file as a whole: Ansible must not merge other files into it.
    "ANSIBLE_HASH_BEHAVIOUR": "replace",
    "ANSIBLE_KEEP_REMOTE_FILES": "False",
    "ANSIBLE_RUN_TAGS": "all",
    "ANSIBLE_SKIP_TAGS": "",
    "ANSIBLE_STRATEGY": "ansible.builtin.linear",
    # The role limits each task by itself.
    "ANSIBLE_TASK_TIMEOUT": "0",
}


def run_environment(
    table: AnsibleTable, *, state_dir: Path, events: Path, environ: Mapping[str, str]
) -> dict[str, str]:
    """Return the environment of one run; `events` is the file our callback plugin writes."""
    passed = (*_PASSED_ON, *handed_on(table, environ))
    environment = {name: environ[name] for name in passed if name in environ}
    environment |= _PROMISED | {
        "PATH": _path(environ),
        "LONGSHORE_OUTCOMES": str(events),
        "ANSIBLE_CALLBACKS_ENABLED": "longshore.containers.outcomes",
        "ANSIBLE_FORKS": str(table.forks),
        "ANSIBLE_GATHERING": "explicit",
        "ANSIBLE_HOME": str(state_dir / "ansible"),
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        # A host's facts are no variables: they would be stronger than the inventory's. The
        # environment wins over a user's ansible.cfg.
        "ANSIBLE_INJECT_FACT_VARS": "False",
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "True",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_PIPELINING": "True",
        "ANSIBLE_RETRY_FILES_ENABLED": "False",
        "ANSIBLE_SSH_ARGS": _SSH,
        # SSH's ConnectTimeout; a host's variable ansible_ssh_timeout wins.
        "ANSIBLE_TIMEOUT": str(math.ceil(table.connect_timeout)),
        "PYTHONUNBUFFERED": "1",
    }
    optional = {
        "ANSIBLE_CONFIG": table.config,
        "ANSIBLE_VAULT_PASSWORD_FILE": table.vault_password_file,
    }
    return environment | {name: str(path) for name, path in optional.items() if path is not None}


def handed_on(table: AnsibleTable, environ: Mapping[str, str]) -> list[str]:
    """Return the variables of `environ` that the settings name, in full or by how they begin.

    Nothing of ours is among the latter: LONGSHORE_ variables hold the bridge's secrets.
    """
    prefixes = tuple(name[:-1] for name in table.environment if name.endswith("*"))
    return [
        name
        for name in environ
        if name in table.environment or (name.startswith(prefixes) and not name.startswith(_OURS))
    ]


def _path(environ: Mapping[str, str]) -> str:
    """Return PATH with the folder of our own Python first: ansible-playbook stands beside it."""
    here = str(Path(sys.executable).parent)
    return os.pathsep.join([here, environ.get("PATH", os.defpath)])
