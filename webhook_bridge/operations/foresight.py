# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody is shown before they confirm an action: its plan, and what else is going on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from webhook_bridge.domain.verdicts import short
from webhook_bridge.operations.plan_text import change_text, target_text
from webhook_bridge.operations.serializers import View
from webhook_bridge.operations.usual_duration import usual_seconds
from webhook_bridge.store import holds, releases, runs

_MOST_NAMED = 3


@dataclass(frozen=True)
class HostGroup:
    """Hosts of a plan on which the same would happen, and what, in words; `first` are their names.

    Of many hosts, `first` are the first three.
    """

    count: int
    change: str
    text: str
    first: Sequence[str] = ()


@dataclass(frozen=True)
class Foresight:
    """A plan, hosts alike taken together, and what it would meet."""

    plan: View
    groups: Sequence[HostGroup]
    active_run: str | None
    """The rollout that is active now."""
    held: str | None
    """Why the digest is held; None where it is not."""
    generation: int
    usual_seconds: float | None

    @property
    def name(self) -> str:
        """What people call the digest; empty where there is none."""
        return self.plan["version"] or short(self.plan["digest"] or "")

    @property
    def batch_sizes(self) -> list[int]:
        """How many hosts each batch has."""
        return [len(batch) for batch in self.plan["batches"]]

    @property
    def hosts(self) -> Sequence[View]:
        """The hosts of the plan, in its order, those on which nothing changes last."""
        return sorted(self.plan["hosts"], key=lambda one: one["change"] == "unchanged")

    def text_of(self, host: View) -> str:
        """Say what would happen on a host of the plan."""
        return change_text(host, target_text(self.plan))


def foresight(connection: Connection, plan: View) -> Foresight:
    """Return what a plan of `operations.plan` would meet, as it is stored now."""
    name = plan["app"]
    active = [run.id for run in runs.running(connection, name) if run.kind != "observe"]
    return Foresight(
        plan=plan,
        groups=_groups(plan),
        active_run=active[0] if active else None,
        held=holds.held_digests(connection, name).get(plan["digest"] or ""),
        generation=releases.app_row(connection, name).generation,
        usual_seconds=usual_seconds(connection, name),
    )


def _groups(plan: View) -> Sequence[HostGroup]:
    """Take hosts alike together, the largest group first; hosts that stay as they are come last."""
    to = target_text(plan)
    alike: dict[tuple[str, str], list[str]] = {}
    for one in plan["hosts"]:
        alike.setdefault((one["change"], change_text(one, to)), []).append(one["host"])
    found = [
        HostGroup(len(hosts), change, text, hosts[:_MOST_NAMED])
        for (change, text), hosts in alike.items()
    ]
    return sorted(found, key=lambda group: (group.change == "unchanged", -group.count))
