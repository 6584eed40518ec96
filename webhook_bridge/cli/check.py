# SPDX-License-Identifier: GPL-3.0-or-later
"""Check all files: what every run would refuse is refused here."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import click
from ansible_collections.longshore.containers.plugins.plugin_utils._app_rollout import (
    budget_problem,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._registry_keys import (
    longest_prefix,
)

from webhook_bridge.cli.hooks import address, age_warning
from webhook_bridge.cli.installation import is_served
from webhook_bridge.cli.output import say
from webhook_bridge.cli.queues import open_socket, queue_problems
from webhook_bridge.config.apps import Apps, declared_hosts, read_apps
from webhook_bridge.config.dynamic_inventory import hidden_failures, source_notes
from webhook_bridge.config.inventory_files import static_fingerprint
from webhook_bridge.config.misread_options import misread_options
from webhook_bridge.config.served_settings import served_settings
from webhook_bridge.config.settings import Settings, load_settings
from webhook_bridge.config.settings_reloader import written_settings
from webhook_bridge.domain.exit_codes import ExitCode
from webhook_bridge.domain.removal import Orphan
from webhook_bridge.errors import ConfigurationError, StoreUnavailable
from webhook_bridge.executor.ansible_config import configuration_notes
from webhook_bridge.executor.ansible_doc import known_options, unknown_options
from webhook_bridge.executor.aws_inventory import instance_notes, inventory_sources
from webhook_bridge.executor.inventory import InventoryAnswer, ask_hosts
from webhook_bridge.executor.option_rendering import render_apps
from webhook_bridge.runs.removal import orphans
from webhook_bridge.store.database import store_as_it_is
from webhook_bridge.tags.notes import range_note

_Answer = TypeVar("_Answer")
_WITH_LINE = re.compile(r"(?P<file>.+?):[0-9]+: (?P<key>\S+): YAML reads ")
_WILDCARDS = frozenset("*?[")
_ON_HOSTS = re.compile(r" \(on [^()]*\)$")

# Thrice what a bridge that serves needs to see that the file changed.
_READ_WITHIN_S = 3.0
_POLL_INTERVAL_S = 0.1


@click.command()
@click.pass_context
def check(context: click.Context) -> None:
    """Check all files; start nothing, change nothing, connect to no host.

    Checked are settings, secrets, apps, that each app's hosts are in the inventory and that a
    dynamic one hides none, that each hook's queue answers, that community.docker knows the options
    of an app's container, that YAML reads them as they are written, what they become on each host,
    and that the bridge that serves, if one does, uses these settings. Ends with 3 where only that
    is not so.
    """
    config: Path = context.obj
    settings = load_settings(config)
    apps, problems = read_apps(settings.ansible.apps_file)
    sources = inventory_sources(settings)
    problems += hidden_failures(sources)
    declared = declared_hosts(settings.ansible.apps_file)
    answer = _asked(problems, lambda: ask_hosts(settings, declared)) or InventoryAnswer({})
    of_all = {name: found for name, found in answer.hosts.items() if name not in answer.problems}
    hosts = {name: found for name, found in of_all.items() if name in apps}
    is_static = static_fingerprint(settings.ansible.inventory) is not None
    misspelt, unmatched = _unmatched_parts(settings, answer, is_static=is_static)
    known = _asked(problems, lambda: known_options(settings)) or {}
    rendered = render_apps(settings, of_all, known)
    problems += [
        *answer.problems.values(),
        *misspelt,
        *_without_hosts(settings, declared, of_all),
        *_host_problems(settings, apps, hosts),
        *_option_problems(settings, declared, known),
        *misread_options(settings.ansible.apps_file, settings.ansible.inventory, known),
        *rendered.problems,
        *queue_problems(settings),
    ]
    if problems:
        raise ConfigurationError(without_repeats(problems))
    for name, found in sorted(hosts.items()):
        say(f"app {name}: {apps[name].image}, tag {apps[name].track}, on {', '.join(found)}")
    for hook in settings.hooks.values():
        verb = "calls" if hook.sender.over_http else "sends to"
        say(f"hook {hook.name}: {hook.registry or hook.source} {verb} {address(hook)}")
    for line in open_socket(settings):
        say(line)
    old = [age_warning(hook) for hook in settings.hooks.values()]
    logins = _without_login(settings, apps, rendered.logins)
    overridden = configuration_notes(settings)
    orphaned = [one.sentence for one in _orphans(settings, apps)]
    notes = [*_without_hook(settings, apps), *_of_ranges(apps), *_without_kept(apps), *logins]
    notes += filter(None, old)
    dynamic = [*source_notes(sources), *instance_notes(settings, sources, hosts)]
    for line in [*notes, *dynamic, *unmatched, *overridden, *orphaned]:
        say(f"note: {line}")
    stale = _not_served(settings)
    if stale:
        say(f"{config}: {stale}", err=True)
        context.exit(ExitCode.PARTIAL)
    say(f"{config}: all well (apps: {len(apps)}, hooks: {len(settings.hooks)})")


def _orphans(settings: Settings, apps: Apps) -> list[Orphan]:
    """Return the apps that left the file and ran once; none where no bridge ever was.

    Nothing is changed: a database of an earlier version, which cannot be read yet, has none.
    """
    store = store_as_it_is(settings.state_dir)
    if store is None:
        return []
    try:
        with store.read() as connection:
            return orphans(connection, apps)
    except StoreUnavailable:
        return []
    finally:
        store.close()


def _not_served(settings: Settings) -> str:
    """Return why the bridge that serves does not use these settings; empty if it does.

    It reads them a second after they changed, so it is given a moment.
    """
    written = written_settings(settings.file)
    deadline = time.monotonic() + _READ_WITHIN_S
    while is_served(settings):
        served = served_settings(settings.state_dir)
        if served is not None and served.has(written):
            return _needs_restart(served.restart)
        if time.monotonic() > deadline:
            return _needs_restart(["all of it"] if served is None else served.missing(written))
        time.sleep(_POLL_INTERVAL_S)
    return ""


def _needs_restart(keys: Sequence[str]) -> str:
    if not keys:
        return ""
    return (
        f"well, but the bridge that serves does not use {', '.join(keys)} yet: restart it, for "
        "example by systemctl restart longshore"
    )


def _without_hosts(
    settings: Settings, declared: Apps, hosts: Mapping[str, Sequence[str]]
) -> list[str]:
    """Return a line for each app that has no host, those that are wrong otherwise too."""
    return [
        f"{settings.ansible.apps_file}: apps.{name}.hosts: {declared[name].hosts!r} matches no "
        f"host of {settings.ansible.inventory}"
        for name, found in hosts.items()
        if not found
    ]


def _host_problems(settings: Settings, apps: Apps, hosts: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what is wrong with an app in view of the hosts that it has."""
    file = settings.ansible.apps_file
    generous = [
        f"{file}: apps.{name}.rollout.failure_budget: {problem}"
        for name, found in hosts.items()
        if found
        and (problem := budget_problem(apps[name].rollout.failure_budget, hosts=len(found)))
    ]
    long = [
        f"{file}: apps.{name}.rollout.pause: the pauses on {len(found)} hosts take "
        f"{apps[name].rollout.pauses(len(found)):.0f} s, and a run is ended after "
        f"{settings.deploy.deadline:.0f} s: raise deploy.deadline in {settings.file}, or have "
        "fewer batches"
        for name, found in hosts.items()
        if apps[name].rollout.pauses(len(found)) >= settings.deploy.deadline
    ]
    return generous + long


def _unmatched_parts(
    settings: Settings, answer: InventoryAnswer, *, is_static: bool
) -> tuple[list[str], list[str]]:
    """Return a line for each app of whose hosts parts name nothing: of problems, and of notes.

    A name that takes part, as of a misspelt group, is a problem, unless hosts come from a cloud. A
    wildcard may match nothing now, and an excluded part may be what nothing is in now.
    """
    problems, notes = [], []
    for name, parts in answer.unmatched.items():
        if not answer.hosts[name]:
            continue  # no host is matched at all, which is said anyway
        wrong = [part for part in parts if is_static and _names_one(part)]
        allowed = [part for part in parts if part not in wrong]
        problems += [_unmatched(settings, name, wrong)] if wrong else []
        notes += [_unmatched(settings, name, allowed)] if allowed else []
    return problems, notes


def _names_one(part: str) -> bool:
    """Say whether a part of a pattern of hosts excludes nothing, and is no wildcard."""
    return not part.startswith(("!", "~", "&~")) and not _WILDCARDS & set(part)


def _unmatched(settings: Settings, app: str, parts: Sequence[str]) -> str:
    inventory = settings.ansible.inventory
    return (
        f"{settings.ansible.apps_file}: apps.{app}.hosts: {', '.join(parts)}: {inventory} has no "
        "such group or host, so that Ansible passes over it: correct it, or add the group, without "
        "hosts if need be"
    )


def _option_problems(settings: Settings, apps: Apps, known: Collection[str]) -> list[str]:
    file = settings.ansible.apps_file
    return [f"{file}: {each}" for each in (unknown_options(apps, known) if known else ())]


def _asked(problems: list[str], ask: Callable[[], _Answer]) -> _Answer | None:
    """Return an answer; what is wrong with it is told beside the other problems."""
    try:
        return ask()
    except ConfigurationError as error:
        problems += error.problems
        return None


def without_repeats(problems: Sequence[str]) -> list[str]:
    """Return the problems, each once: of two with one key, the one that names the line.

    What is wrong with an entry is wrong on each host, too.
    """
    with_line = [match for one in problems if (match := _WITH_LINE.match(one))]
    told = tuple(f"{match['file']}: {match['key']}: must be " for match in with_line)
    everywhere = {one for one in problems if not _ON_HOSTS.search(one)}
    return [
        one
        for one in dict.fromkeys(problems)
        if not one.startswith(told)
        and (one in everywhere or _ON_HOSTS.sub("", one) not in everywhere)
    ]


def _without_login(
    settings: Settings, apps: Apps, logins: Mapping[str, Sequence[str]]
) -> list[str]:
    """Note the missing half of the login for a private image: the bridge's, or the hosts'."""
    notes = []
    for name, app in sorted(apps.items()):
        registry = longest_prefix(str(app.image), settings.registries) or app.image.registry
        access = settings.registries.get(registry)
        asks = access is not None and (access.username or access.credential_command)
        if access is not None and access.lend:
            continue
        if asks and not logins.get(name):
            notes.append(
                f"app {name}: {settings.file} has a login for {registry}, and the variable "
                f"registries of its hosts has none: they pull by themselves, so give it there too, "
                "or log each host in (docker login), or have the bridge lend its own: lend = true"
            )
        elif logins.get(name) and not asks:
            notes.append(
                f"app {name}: its hosts have a login for {registry}, and {settings.file} has none: "
                f'the bridge asks what a tag means, so give it in [registries."{registry}"] too'
            )
    return notes


def _without_hook(settings: Settings, apps: Apps) -> list[str]:
    registries = {hook.registry for hook in settings.hooks.values()}
    found = "its pushes are found by polling" if settings.poll.every else "it is deployed by hand"
    return [
        f"app {name}: no hook speaks for {app.image.registry}; {found} only"
        for name, app in sorted(apps.items())
        if not registries & {app.image.registry, ""}
    ]


def _of_ranges(apps: Apps) -> list[str]:
    notes = {name: range_note(app.track) for name, app in sorted(apps.items())}
    return [f"app {name}: {note}" for name, note in notes.items() if note]


def _without_kept(apps: Apps) -> list[str]:
    return [
        f"app {name}: keep: 0 keeps no container to go back to: a rollback, and a host that goes "
        "back after a failed rollout, pulls the former image again, which must still be there"
        for name, app in sorted(apps.items())
        if app.keep == 0
    ]
