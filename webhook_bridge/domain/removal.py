# SPDX-License-Identifier: GPL-3.0-or-later
"""Apps that left the apps file: what is still known to run of them, and how a removal ended."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from webhook_bridge.domain.hosts import HostState, Observation
from webhook_bridge.domain.outcomes import RunReport, RunResult, RunState


@dataclass(frozen=True)
class Orphan:
    """An app that is declared no more; `containers` by host, None where nobody has seen it."""

    app: str
    containers: Mapping[str, str | None]

    @property
    def sentence(self) -> str:
        """Say it to people, with what to do."""
        where = [
            host if name is None else f"{host} ({name})" for host, name in self.containers.items()
        ]
        runs = f"goes on running on {', '.join(where)}" if where else "may go on running"
        return (
            f"app {self.app} has left the apps file and {runs}: longshore remove {self.app} takes "
            "it away, or declare it again"
        )


def orphans_of(
    released: Iterable[str],
    declared: Collection[str],
    states: Mapping[str, Sequence[HostState]],
) -> list[Orphan]:
    """Return the apps with a release that are declared no more, by name.

    A host on which a look saw nothing is left out.
    """
    return [
        Orphan(name, {one.host: one.container for one in states.get(name, ()) if one.digest != ""})
        for name in sorted(set(released) - set(declared))
    ]


@dataclass(frozen=True)
class RemovalEnd:
    """How a removal ended; `gone` are the hosts on which nothing is left of the app."""

    result: RunResult
    gone: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether nothing of the app is left on any host of the inventory."""
        return self.result.state == "succeeded"


def removal_end(report: RunReport, *, known: Collection[str]) -> RemovalEnd:
    """Judge a removal by what each host showed after it; `known` are hosts that ran the app.

    A known host that the run did not see is no host of the inventory any more: it is named, and
    keeps nobody waiting.
    """
    seen = report.observations
    if report.exit_code is None:
        return RemovalEnd(RunResult("interrupted", report.error or "the run child ended", ()))
    if not seen:
        return RemovalEnd(RunResult("failed", report.error or "no host took part", ()))
    gone = tuple(one.host for one in seen if not one.unreachable and not one.containers)
    missed = [_why_left(one) for one in seen if one.host not in gone]
    lost = sorted(set(known) - {one.host for one in seen})
    said = [f"nothing of it is left on {len(gone)} of {len(seen)} hosts", *missed]
    said += [f"no longer in the inventory, so look there yourself: {', '.join(lost)}"] * bool(lost)
    state: RunState = "succeeded" if not missed else "partial" if gone else "failed"
    return RemovalEnd(RunResult(state, "; ".join(said), ()), gone)


def _why_left(one: Observation) -> str:
    if one.unreachable:
        return f"{one.host}: {one.unreachable}"
    return f"{one.host} still has {', '.join(each.name for each in one.containers)}"
