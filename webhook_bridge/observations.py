# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look at the hosts found, which changes nothing there; and how such a run ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webhook_bridge.outcomes import RunReport, RunResult


@dataclass(frozen=True)
class SeenContainer:
    """A container of ours on a host, in the words of the module container_status."""

    name: str
    id: str
    digest: str
    state: str
    health: str


@dataclass(frozen=True)
class Look:
    """What a host showed: its containers of one app, or why it could not be looked at."""

    host: str
    containers: tuple[SeenContainer, ...] = ()
    daemon: str = ""
    unreachable: str = ""


def judge_looks(report: RunReport, looks: Sequence[Look]) -> RunResult:
    """Decide how a run ended that only looked."""
    away = [look.host for look in looks if look.unreachable]
    if report.exit_code is None:
        return RunResult("interrupted", report.error or "the run child ended before Ansible", ())
    if not looks or len(away) == len(looks):
        reason = report.error or "no host could be looked at: see the log of the run"
        return RunResult("failed", reason, ())
    seen = f"saw {len(looks) - len(away)} of {len(looks)} hosts"
    if away:
        return RunResult("partial", f"{seen}; could not reach {', '.join(away)}", ())
    return RunResult("succeeded", seen, ())
