# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""To which release an app goes back, and by which containers: pure decisions on what hosts keep."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.longshore.containers.plugins.module_utils.container_state import (
    TRIAL_SUFFIX,
    sortable_time,
)


@dataclass(frozen=True)
class Return:
    """Where to go: one digest for all hosts, and the kept container of each that has one."""

    digest: str
    containers: dict = field(default_factory=dict)


class NothingToGoBackTo(Exception):
    """There is no release to go back to, or it is not clear which; says what to do."""


def plan_return(seen, *, digest=""):
    """Return the Return that follows from what each host keeps of the app.

    `seen` are rows of container_status by host, the container that was started last first.
    Without `digest` it is the release before the newest one that runs anywhere: the digest of the
    container that was made last before the one that runs, but for those that were gone back from
    before. So going back twice goes further back.
    """
    target = digest or _release_before(seen)
    kept = {host: _kept(rows, target) for host, rows in seen.items()}
    return Return(target, {host: container for host, container in kept.items() if container})


def _release_before(seen):
    current = _newest_digest(seen)
    if not current:
        raise NothingToGoBackTo(
            "no host has a container of the app, so there is nothing to go back from"
        )
    found = {host: _digest_before(rows, current) for host, rows in seen.items()}
    known = {host: digest for host, digest in found.items() if digest}
    if not known:
        raise NothingToGoBackTo(
            f"no host keeps a container of a release before {current}, so there is nothing to go "
            "back to: name a digest with -e longshore_digest=sha256:..."
        )
    if len(set(known.values())) > 1:
        names = ", ".join(f"{host}: {digest}" for host, digest in known.items())
        raise NothingToGoBackTo(
            f"the hosts ran different releases before {current} ({names}): name the one to go back "
            "to with -e longshore_digest=sha256:..."
        )
    return next(iter(known.values()))


def _newest_digest(seen):
    current = [each for each in map(_current, seen.values()) if each]
    newest = max(current, key=_started, default=None)
    return newest["made_from"] if newest else ""


def _current(rows):
    """Return what serves, or served last, as container_state.current_of does; None for nothing."""
    served = [each for each in rows if _served(each)]
    running = [each for each in served if _runs(each)]
    return max(running or served, key=_started, default=None)


def _digest_before(rows, newest):
    current = _current(rows)
    if current is None or current["made_from"] != newest:
        return ""
    served = [each for each in rows if _served(each)]
    others = [each for each in served if each["made_from"] != newest]
    older = [each for each in others if _made(each) < _made(current)]
    last = max((each for each in older if not _was_left(each, served)), key=_made, default=None)
    return last["made_from"] if last else ""


def _was_left(row, served):
    """Whether its release was gone back from: an older one was started again after it."""
    return any(_made(each) < _made(row) and _started(each) > _started(row) for each in served)


def _kept(rows, digest):
    mine = [each for each in rows if each["made_from"] == digest and _served(each)]
    running = [each for each in mine if _runs(each)]
    return next((each["id"] for each in running + mine), "")


def _made(row):
    return sortable_time(row["created_at"])


def _started(row):
    return sortable_time(row["started_at"])


def _served(row):
    return bool(row["started_at"]) and not row["name"].endswith(TRIAL_SUFFIX)


def _runs(row):
    return row["state"] in ("running", "restarting", "paused")
