# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The summary for people: aligned columns, the failed container's last words below its host."""

from __future__ import annotations

SHORT_DIGEST = len("sha256:") + 12
SHOWN_LOG_LINES = 10


def table(ledger):
    """Return the lines of the summary; none where there is nothing to tell."""
    if ledger.expected:
        heading = f"{ledger.app} {ledger.digest}"
        return ["", heading, *_deployment(ledger), *_problems(ledger), *_stopped(ledger)]
    if ledger.status or ledger.unseen:
        return ["", *_status(ledger)]
    return []


def _deployment(ledger):
    rows = [("HOST", "OUTCOME", "DIGEST", "HEALTH", "REASON")]
    logs = [()]
    for host in ledger.expected:
        found = ledger.outcomes[host]
        rows.append(
            (host, found["outcome"], short(found["digest"]), found["health"], found["reason"])
        )
        logs.append(found["log"][-SHOWN_LOG_LINES:])
    shown = []
    for line, log in zip(aligned(rows), logs):
        shown += [line, *(f"    | {each}" for each in log)]
    return shown


def _problems(ledger):
    """Name every host and every problem, one a line."""
    rows = [(host, each) for host, found in ledger.found_problems().items() for each in found]
    return ["", "PROBLEMS", *aligned(rows)] if rows else []


def _stopped(ledger):
    return ["", f"STOPPED: {ledger.stopped}"] if ledger.stopped else []


def _status(ledger):
    rows = [("HOST", "APP", "CONTAINER", "STATE", "DIGEST", "HEALTH", "STARTED")]
    for host, containers in ledger.status.items():
        for each in containers or [{}]:
            columns = ("app", "name", "state", "digest", "health", "started_at")
            cells = [each.get(column, "") for column in columns]
            cells[3] = short(cells[3])
            cells[5] = cells[5][:19].replace("T", " ")
            rows.append((host, *(cell or "-" for cell in cells)))
    for host, found in ledger.unseen.items():
        rows.append((host, "-", "-", found["outcome"], "-", "-", found["reason"]))
    return aligned(rows)


def short(digest):
    """Cut a digest to what people compare."""
    return digest[:SHORT_DIGEST]


def aligned(rows):
    """Pad all columns but the last."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[-1]]).rstrip()
        for row in rows
    ]
