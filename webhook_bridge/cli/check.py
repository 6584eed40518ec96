# SPDX-License-Identifier: GPL-3.0-or-later
"""Check all files: what every run would refuse is refused here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from ansible_collections.longshore.containers.plugins.plugin_utils._app_rollout import (
    budget_problem,
)

from webhook_bridge.cli.hooks import address, age_warning
from webhook_bridge.cli.output import say
from webhook_bridge.config.apps import Apps, load_apps
from webhook_bridge.config.settings import Settings, load_settings
from webhook_bridge.domain.removal import Orphan
from webhook_bridge.errors import ConfigurationError, StoreUnavailable
from webhook_bridge.executor.ansible_config import configuration_notes
from webhook_bridge.executor.ansible_doc import known_options, unknown_options
from webhook_bridge.executor.inventory import hosts_of_apps
from webhook_bridge.runs.removal import orphans
from webhook_bridge.store.database import store_as_it_is
from webhook_bridge.tags.notes import range_note


@click.command()
@click.pass_obj
def check(config: Path) -> None:
    """Check all files; start nothing, change nothing.

    Checked are settings, secrets, apps, that each app's hosts are in the inventory, and that
    community.docker knows the options of its container.
    """
    settings = load_settings(config)
    apps = load_apps(settings.ansible.apps_file)
    hosts = hosts_of_apps(settings, apps)
    problems = [*_host_problems(settings, apps, hosts), *_option_problems(settings, apps)]
    if problems:
        raise ConfigurationError(problems)
    for name, found in sorted(hosts.items()):
        say(f"app {name}: {apps[name].image}, tag {apps[name].track}, on {', '.join(found)}")
    for hook in settings.hooks.values():
        say(f"hook {hook.name}: {hook.registry or hook.source} calls {address(hook)}")
    old = [age_warning(hook) for hook in settings.hooks.values()]
    overridden = configuration_notes(settings)
    orphaned = [one.sentence for one in _orphans(settings, apps)]
    notes = [*_without_hook(settings, apps), *_of_ranges(apps), *filter(None, old)]
    for line in [*notes, *overridden, *orphaned]:
        say(f"note: {line}")
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


def _host_problems(settings: Settings, apps: Apps, hosts: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what is wrong with an app in view of the hosts that it has."""
    file = settings.ansible.apps_file
    empty = [
        f"{file}: apps.{name}.hosts: {apps[name].hosts!r} matches no host "
        f"of {settings.ansible.inventory}"
        for name, found in hosts.items()
        if not found
    ]
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
    return empty + generous + long


def _option_problems(settings: Settings, apps: Apps) -> list[str]:
    file = settings.ansible.apps_file
    return [f"{file}: {each}" for each in unknown_options(apps, known_options(settings))]


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
