# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run ended that only looked at the hosts: a pure decision."""

from __future__ import annotations

from webhook_bridge.outcomes import RunReport, RunResult


def judge_looks(report: RunReport) -> RunResult:
    """Decide how a run ended that changes nothing; every host that it saw counts."""
    looks = report.looks
    away = [look for look in looks if look.unreachable]
    if report.exit_code is None:
        return RunResult("interrupted", report.error or "the run child ended before Ansible", ())
    if not looks:
        return RunResult("failed", report.error or "no host took part: see the run's log", ())
    if len(away) == len(looks):
        return RunResult("failed", f"could not look at {away[0].host}: {away[0].unreachable}", ())
    seen = f"saw {len(looks) - len(away)} of {len(looks)} hosts"
    if away:
        names = ", ".join(look.host for look in away)
        return RunResult("partial", f"{seen}; could not look at {names}", ())
    return RunResult("succeeded", seen, ())
