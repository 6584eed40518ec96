# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user's Ansible configuration says that a run overrides, or that weakens its promises.

Facts: the names of settings are those of ansible-core's config/base.yml and of its ssh connection;
the environment wins over ansible.cfg. Without ANSIBLE_CONFIG Ansible reads ./ansible.cfg,
~/.ansible.cfg or /etc/ansible/ansible.cfg, the first there is.
"""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from webhook_bridge.config.dynamic_inventory import is_true
from webhook_bridge.config.settings import Settings
from webhook_bridge.executor.environment import handed_on, run_environment

_PROMPT = (
    "nobody can answer a prompt; put the password, encrypted with ansible-vault, into the "
    "inventory: "
)
# By the name of the variable that a run sets: its places in ansible.cfg, and what to do instead.
OVERRIDDEN: Mapping[str, tuple[tuple[str, ...], str]] = {
    "ANSIBLE_ANY_ERRORS_FATAL": (("defaults.any_errors_fatal",), "see rollout.failure_budget"),
    "ANSIBLE_ASK_PASS": (("defaults.ask_pass",), f"{_PROMPT}ansible_password"),
    "ANSIBLE_ASK_VAULT_PASS": (
        ("defaults.ask_vault_pass",),
        "nobody can answer a prompt; set ansible.vault_password_file in longshore.toml",
    ),
    "ANSIBLE_BECOME_ASK_PASS": (
        ("privilege_escalation.become_ask_pass",),
        f"{_PROMPT}ansible_become_password",
    ),
    "ANSIBLE_CALLBACKS_ENABLED": (("defaults.callbacks_enabled",), ""),
    "ANSIBLE_DIFF_ALWAYS": (("diff.always",), ""),
    "ANSIBLE_FORKS": (("defaults.forks",), "set ansible.forks in longshore.toml"),
    "ANSIBLE_GATHERING": (("defaults.gathering",), ""),
    "ANSIBLE_HASH_BEHAVIOUR": (("defaults.hash_behaviour",), ""),
    "ANSIBLE_HOST_KEY_CHECKING": (
        ("defaults.host_key_checking", "ssh_connection.host_key_checking"),
        "put the hosts' keys into known_hosts",
    ),
    "ANSIBLE_INJECT_FACT_VARS": (("defaults.inject_facts_as_vars",), ""),
    "ANSIBLE_KEEP_REMOTE_FILES": (("defaults.keep_remote_files",), ""),
    "ANSIBLE_RUN_TAGS": (("tags.run",), ""),
    "ANSIBLE_SKIP_TAGS": (("tags.skip",), ""),
    "ANSIBLE_SSH_ARGS": (
        ("ssh_connection.ssh_args",),
        "options that a connection needs, such as ProxyJump, belong into ssh_common_args",
    ),
    "ANSIBLE_STRATEGY": (("defaults.strategy",), ""),
    "ANSIBLE_TASK_TIMEOUT": (("defaults.task_timeout",), ""),
    "ANSIBLE_TIMEOUT": (("defaults.timeout", "ssh_connection.timeout"), ""),
}
_SSH_PLACES = ("ssh_connection.ssh_common_args", "ssh_connection.ssh_extra_args")
_WEAKENS = ("stricthostkeychecking=no", "stricthostkeychecking no", "userknownhostsfile=/dev/null")
_CACHED = (
    "keeps what inventory plugins answered: until it expires, new machines are no hosts, and those "
    "that are gone still are; leave it out"
)
_LONGEST_S = 60


def configuration_notes(settings: Settings) -> list[str]:
    """Return a sentence for each setting that a run overrides, or that weakens what it promises.

    The file is the one that a run reads; none where Ansible finds none.
    """
    file, text = _configuration(settings)
    return [
        *_notes_of_file(file, text),
        *_notes_of_environment(settings),
    ]


def _configuration(settings: Settings) -> tuple[str, str]:
    """Return the name and the text of the ansible.cfg that a run reads; empty where none is."""
    if settings.ansible.config is not None:
        return str(settings.ansible.config), _read(settings.ansible.config)
    environment = run_environment(
        settings.ansible, state_dir=settings.state_dir, events=Path(os.devnull), environ=os.environ
    )
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-config"), "view"],
        env=environment,
        cwd=settings.state_dir,
        capture_output=True,
        text=True,
        check=False,
        timeout=_LONGEST_S,
    )
    return "ansible.cfg", done.stdout if done.returncode == 0 else ""


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        return ""  # Ansible itself says what is wrong with it


def _notes_of_file(file: str, text: str) -> Iterator[str]:
    parser = configparser.ConfigParser(
        interpolation=None, strict=False, inline_comment_prefixes=";"
    )
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    for variable, (places, instead) in OVERRIDDEN.items():
        for place in places:
            if parser.has_option(*place.split(".", 1)):
                yield _note(f"{file}: {place.replace('.', ': ', 1)}", variable, instead)
    if is_true(_value(parser, "inventory.cache")):
        yield f"{file}: inventory: cache {_CACHED}"
    for place in _SSH_PLACES:
        yield from _weakness(f"{file}: {place.replace('.', ': ', 1)}", _value(parser, place))


def _value(parser: configparser.ConfigParser, place: str) -> str:
    section, key = place.split(".", 1)
    return parser.get(section, key, fallback="")


def _weakness(place: str, value: str) -> Iterator[str]:
    if any(each in value.lower() for each in _WEAKENS):
        yield (
            f"{place} has ssh trust any host key, so anyone on the way can take a host's "
            "place; put the hosts' keys into known_hosts, and take the option out"
        )


def _notes_of_environment(settings: Settings) -> Iterator[str]:
    named = (name for name in settings.ansible.environment if not name.endswith("*"))
    for variable in dict.fromkeys([*named, *handed_on(settings.ansible, os.environ)]):
        place = f"{settings.file}: ansible.environment: {variable}"
        if variable in OVERRIDDEN:
            yield _note(place, variable, OVERRIDDEN[variable][1])
        elif variable == "ANSIBLE_INVENTORY_CACHE" and is_true(os.environ.get(variable, "")):
            yield f"{place} {_CACHED}"
        elif variable in ("ANSIBLE_SSH_COMMON_ARGS", "ANSIBLE_SSH_EXTRA_ARGS"):
            yield from _weakness(place, os.environ.get(variable, ""))


def _note(place: str, variable: str, instead: str) -> str:
    advice = f"; {instead}" if instead else ""
    return f"{place} does not count in runs of the bridge, which set {variable} themselves{advice}"
