# SPDX-License-Identifier: GPL-3.0-or-later
"""Which instances of AWS an inventory takes for one host, leaves out, or has though they stand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from webhook_bridge.config.dynamic_inventory import AWS_EC2, DynamicSource, dynamic_sources, is_true
from webhook_bridge.config.settings import Settings
from webhook_bridge.executor.environment import run_environment
from webhook_bridge.executor.inventory_failure import cause_of_failure

_LONGEST_S = 300
_NAMED = 5
_RUNNING = "running"


@dataclass(frozen=True)
class Instance:
    """One instance that a file's filters let pass; its name is empty where it is no host."""

    file: str
    id: str
    state: str
    name: str


def inventory_sources(settings: Settings) -> list[DynamicSource]:
    """Return the files of the inventory that configure a plugin, encrypted ones too."""
    return dynamic_sources(
        settings.ansible.inventory, decrypt=lambda file: _decrypted(settings, file)
    )


def _decrypted(settings: Settings, file: Path) -> str:
    vault = Path(sys.executable).with_name("ansible-vault")
    done = _ask(settings, [str(vault), "view", str(file)])
    return done.stdout if done.returncode == 0 else ""


def instance_notes(
    settings: Settings, sources: Sequence[DynamicSource], hosts: Mapping[str, Sequence[str]]
) -> list[str]:
    """Return a sentence for each host name of several instances, and for each missing host.

    `hosts` are those of each app. AWS is asked once more for each file of amazon.aws.aws_ec2; not
    for one with route53_enabled, whose names come from elsewhere.
    """
    files = [
        os.path.normpath(source.file.absolute())
        for source in sources
        if source.plugin == AWS_EC2 and not is_true(source.options.get("route53_enabled", False))
    ]
    if not files:
        return []
    done = _ask(
        settings,
        [sys.executable, "-m", "webhook_bridge.executor.aws_instances"],
        question=json.dumps({"files": files}),
    )
    if done.returncode != 0:
        said = _reason(done.stderr)
        return [f"{', '.join(files)}: its instances were not compared with its hosts: {said}"]
    rows: list[list[str]] = json.loads(done.stdout.splitlines()[-1])
    return notes_of(_instances(files, rows), hosts)


def _reason(errors: str) -> str:
    """Return the first plugin's reason, which is that of its cloud, else the last line."""
    lines = errors.strip().splitlines() or ["Ansible cannot read it"]
    return cause_of_failure(lines) or lines[-1]


def _ask(
    settings: Settings, command: Sequence[str], *, question: str = ""
) -> subprocess.CompletedProcess[str]:
    environment = run_environment(
        settings.ansible, state_dir=settings.state_dir, events=Path(os.devnull), environ=os.environ
    )
    try:
        return subprocess.run(
            command,
            input=question,
            env=environment,
            cwd=settings.state_dir,
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST_S,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"not read within {_LONGEST_S} s")


def _instances(files: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Instance]:
    """Return the instances; with allow_duplicated_hosts one has a row for each of its names."""
    named = {row[0] for row in rows if len(row) > 3}  # noqa: PLR2004 -- id, file, state, name
    return [
        Instance(files[int(row[1])], row[0], row[2], "".join(row[3:]))
        for row in rows
        if len(row) > 3 or row[0] not in named  # noqa: PLR2004 -- the same
    ]


def notes_of(instances: Sequence[Instance], hosts: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what is to be noted of these instances, in view of the hosts of each app.

    A line each: whoever may tag an instance writes none of their own.
    """
    found = [
        *_of_shared_names(instances),
        *_of_nameless(instances),
        *_of_stopped(instances, hosts),
    ]
    return [line.replace("\n", " ") for line in found]


def _of_shared_names(instances: Sequence[Instance]) -> Iterator[str]:
    sharing: dict[str, dict[str, str]] = defaultdict(dict)
    for one in instances:
        if one.name:
            sharing[one.name][one.id] = one.file
    for name, files in sorted(sharing.items()):
        if len(files) > 1:
            yield (
                f"{_listed(sorted(set(files.values())))}: hostnames: {_listed(sorted(files))} are "
                f"one host, for all of them are named {name}: only one of them is deployed to; set "
                "hostnames: [instance-id], which no two share"
            )


def _of_nameless(instances: Sequence[Instance]) -> Iterator[str]:
    nameless: dict[str, list[str]] = defaultdict(list)
    for one in instances:
        if not one.name:
            nameless[one.file].append(one.id)
    for file, ids in nameless.items():
        yield (
            f"{file}: hostnames: {_listed(sorted(ids))} {'have' if len(ids) > 1 else 'has'} none "
            "of these names and so no host: set hostnames: [instance-id], or filter on what has one"
        )


def _of_stopped(instances: Sequence[Instance], hosts: Mapping[str, Sequence[str]]) -> Iterator[str]:
    of_apps = {host for found in hosts.values() for host in found}
    stopped: dict[str, dict[str, str]] = defaultdict(dict)
    for one in instances:
        if one.state != _RUNNING and one.name in of_apps:
            stopped[one.file][one.name] = one.state
    for file, states in stopped.items():
        said = [f"{name} ({state})" for name, state in sorted(states.items())]
        yield (
            f"{file}: filters: {_listed(said)} {'do' if len(said) > 1 else 'does'} not run and "
            "cannot be reached, so no rollout ends on all hosts: add filters: "
            "{instance-state-name: running}"
        )


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
