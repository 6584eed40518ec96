# SPDX-License-Identifier: GPL-3.0-or-later
"""Hooks for people: whether each is heard of, and what polling found that it did not tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from webhook_bridge.config.apps import Apps
from webhook_bridge.config.hooks import Hook
from webhook_bridge.domain.references import DOCKER_HUB
from webhook_bridge.store import inbox_links
from webhook_bridge.store.inbox_links import FoundByPoll, HookTraffic

_MOST_FOUND = 20
# Sources that speak for one registry without saying so in their table.
_REGISTRIES = {"dockerhub": DOCKER_HUB, "github": "ghcr.io", "gitlab": "registry.gitlab.com"}


@dataclass(frozen=True)
class HookOverview:
    """One hook: what it received, and the pushes that only polling found since."""

    hook: Hook
    traffic: HookTraffic
    missed: Sequence[FoundByPoll]

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever received."""
        return self.traffic.last_at is None

    @property
    def is_silent(self) -> bool:
        """Whether pushes came that its sender did not tell of."""
        return bool(self.missed)


def hook_overviews(
    connection: Connection, hooks: Mapping[str, Hook], apps: Apps
) -> list[HookOverview]:
    """Return all hooks, those first whose senders are silent, then by name."""
    traffic = inbox_links.traffic(connection, hooks)
    found = [
        HookOverview(hook, traffic[name], _missed(connection, hook, apps, traffic[name]))
        for name, hook in hooks.items()
    ]
    return sorted(found, key=lambda one: (not one.is_silent, one.hook.name))


def _missed(
    connection: Connection, hook: Hook, apps: Apps, traffic: HookTraffic
) -> Sequence[FoundByPoll]:
    """Return what polling found of the apps of a hook since it was heard of last."""
    registry = hook.registry or _REGISTRIES.get(hook.source)
    of_registry = {name for name, app in apps.items() if app.image.registry == registry}
    told = of_registry | inbox_links.brought_by(connection, hook.name)
    since = traffic.last_at or 0.0
    return inbox_links.found_by_poll(connection, told, since=since, limit=_MOST_FOUND)
