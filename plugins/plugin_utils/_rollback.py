# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""To which release an app goes back, and by which containers: pure decisions on what hosts say.

Any host may lie, so more than half of those that answered have to say that they ran what is gone
back to. Where one release runs on more than half of them, it is left for the one before it; a
container that is said to be newer than that, as after a rollout that was halted, is left only for
what all the others run.

In what order releases were made stands in the labels of their containers: when the controller made
each, and which one it replaced on that host. What was started last says nothing: a reboot, a person
or a switch that put a container back starts an old one. A container without these labels, of a
former version, is taken as made when it was created, and as gone back from if an older one was
started after it.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ansible_collections.longshore.containers.plugins.module_utils._container import (
    TRIAL_SUFFIX,
    sortable_time,
)

TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z")
# How much the clock of a host may be ahead of the control node's.
SKEW_S = 300
NAMES_TOLD = 5
SAYINGS_TOLD = 3
_A_MOMENT = timedelta(microseconds=1)
ADVICE = "name the one to go back to with -e longshore_digest=sha256:..."


@dataclass(frozen=True)
class Return:
    """Where to go: one digest for all hosts, and the kept container of each that has one.

    `released_at` is when its release was made, for hosts that make a container of it anew; empty
    where that is not known. `note` says which hosts say something else, or why most of them stay
    as they are.
    """

    digest: str
    containers: dict = field(default_factory=dict)
    note: str = ""
    released_at: str = ""


@dataclass(frozen=True)
class Voice:
    """What one host says: the release that it runs (or ran last), and the one that it ran before.

    `made` is when the release that runs was made; `older` and `newer` are the releases that have a
    container here and were made before and after it. Times that cannot be true (`is_timed`) order
    nothing.
    """

    runs: str = ""
    before: str = ""
    made: str = ""
    older: frozenset = frozenset()
    newer: frozenset = frozenset()
    is_timed: bool = True


class NothingToGoBackTo(Exception):
    """There is no release to go back to, or it is not clear which; says what to do."""


def plan_return(seen, *, now, digest=""):
    """Return the Return that follows from what each host says that it keeps of the app.

    `seen` are rows of container_status by host, or None for a host that did not answer; `now` is
    the control node's clock in seconds since 1970.
    """
    note = left = ""
    answered = {host: rows for host, rows in seen.items() if rows is not None}
    if not digest:
        latest = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + SKEW_S))
        _expect_enough(answered, [host for host in seen if host not in answered])
        voices = {host: _voice(rows, sortable_time(latest)) for host, rows in answered.items()}
        digest, note = _release_before(voices)
        left = _said_by_most([each.runs for each in voices.values()])
    kept = {host: _kept(rows or (), digest) for host, rows in seen.items()}
    containers = {host: each for host, each in kept.items() if each}
    return Return(digest, containers, note, _released_at(answered.values(), digest, left=left))


def _released_at(answers, digest, *, left):
    """Return when the release of a digest was made, as most hosts say, or empty.

    Where it is kept on too few, it was made just before the release that they leave for it.
    """
    said = _said_by_most([_release_label(rows, digest) for rows in answers])
    if said or not left or left == digest:
        return said
    return _just_before(_said_by_most([_release_label(rows, left) for rows in answers]))


def _just_before(told):
    try:
        return f"{datetime.fromisoformat(told) - _A_MOMENT:%Y-%m-%dT%H:%M:%S.%fZ}"
    except ValueError:  # nothing was said, or a day that there is not
        return ""


def _release_label(rows, digest):
    labels = [each.get("released_at", "") for each in rows if each["made_from"] == digest]
    return min((each for each in labels if TIME.fullmatch(each)), default="")


def _expect_enough(answered, silent):
    if len(answered) < len(silent) or not answered:
        raise NothingToGoBackTo(
            f"{_names(silent)} did not say what they keep, and the others are too few to decide "
            f"what to go back to: see to them, or {ADVICE}"
        )


def _release_before(voices):
    """Return the release to go back to and what to note, or raise NothingToGoBackTo."""
    if not any(each.runs for each in voices.values()):
        raise NothingToGoBackTo(
            "no host has a container of the app, so there is nothing to go back from"
        )
    current = _said_by_most([each.runs for each in voices.values()])
    others = [each for each in voices.values() if each.runs not in ("", current)]
    if current and all(_is_behind(each, current, voices.values()) for each in others):
        return _before_what_most_run(voices, current)
    return _what_all_ran(voices)


def _said_by_most(digests):
    """Return what more than half of the hosts say; a host that says nothing counts as one too."""
    counted = Counter(digests).most_common()
    return next((said for said, count in counted if said and 2 * count > len(digests)), "")


def _is_behind(voice, current, voices):
    """Whether this host runs a release from before `current`, so that it is not gone back from."""
    on_current = [each for each in voices if each.runs == current]
    witnesses = [each for each in on_current if voice.runs in each.older - each.newer]
    if 2 * len(witnesses) > len(voices) or current in voice.newer - voice.older:
        return True
    known = [each.made for each in on_current if each.made]
    has_none = current not in voice.newer | voice.older
    return bool(has_none and known and voice.made) and voice.made < min(known)


def _before_what_most_run(voices, current):
    votes = {h: v.before if v.runs == current else v.runs for h, v in voices.items()}
    target = _said_by_most(list(votes.values()))
    if not target and not any(votes.values()) and all(v.is_timed for v in voices.values()):
        raise NothingToGoBackTo(
            f"no host keeps a container of a release before {current}, so there is nothing to go "
            "back to: name a digest with -e longshore_digest=sha256:..."
        )
    if not target:
        raise NothingToGoBackTo(
            f"there is no release that more than half of the {len(voices)} hosts ran before "
            f"{current}: {ADVICE}. What they say: {_told(voices)}"
        )
    says_else = {h: v for h, v in voices.items() if votes[h] not in ("", target) or not v.is_timed}
    note = f"not all hosts say that {target} ran before: {_told(says_else)}" if says_else else ""
    return target, note


def _what_all_ran(voices):
    """Return what some hosts run and all others ran just before: where a rollout was halted."""
    serving = [each for each in voices.values() if each.runs]
    shared = [
        digest
        for digest in sorted({each.runs for each in serving})
        if all(digest in (each.runs, each.before) for each in serving)
    ]
    if len(shared) != 1 or 2 * len(serving) <= len(voices):
        raise NothingToGoBackTo(
            "the hosts run different releases, and there is none that each of them runs or ran "
            f"just before: {ADVICE}. What they say: {_told(voices)}"
        )
    ahead = {host: each for host, each in voices.items() if each.runs not in ("", shared[0])}
    return shared[0], (
        f"only {_names(list(ahead))} go back, to {shared[0]}, which the others run already. To "
        f"take those further back too, name a digest with -e longshore_digest=sha256:... What the "
        f"first say: {_told(ahead)}"
    )


def _told(voices):
    """Say who says what, those who are most first."""
    sayings = {}
    for host, voice in voices.items():
        sayings.setdefault(_saying(voice), []).append(host)
    longest = sorted(sayings.items(), key=lambda each: -len(each[1]))
    told = [f"{_names(hosts)}: {said}" for said, hosts in longest[:SAYINGS_TOLD]]
    left = [host for _said, hosts in longest[SAYINGS_TOLD:] for host in hosts]
    return "; ".join([*told, *([f"{_names(left)}: something else"] if left else [])])


def _saying(voice):
    if not voice.runs:
        return "no container that served"
    if not voice.is_timed:
        return f"{voice.runs}, with times that cannot be true (see to the clocks)"
    return f"{voice.runs}, " + (f"before it {voice.before}" if voice.before else "none before it")


def _names(hosts):
    more = len(hosts) - NAMES_TOLD
    return ", ".join(hosts[:NAMES_TOLD]) + (f" and {more} more" if more > 0 else "")


def _voice(rows, latest):
    """Read what one host says; no time of it is taken for later than `latest`."""
    known = [each for each in rows if each["made_from"]]
    current = _current(known)
    if current is None:
        return Voice()
    runs = current["made_from"]
    if not all(_is_timed(each, latest) for each in known):
        return Voice(runs, is_timed=False)
    others = [each for each in known if each["made_from"] != runs]
    return Voice(
        runs,
        before=_digest_before(known, current),
        made=_made(current),
        older=frozenset(e["made_from"] for e in others if _made(e) < _made(current)),
        newer=frozenset(e["made_from"] for e in others if _made(e) > _made(current)),
    )


def _is_timed(row, latest):
    made = row.get("released_at") or row["created_at"]
    told = [made, *([row["started_at"]] if row["started_at"] else [])]
    return all(TIME.fullmatch(each) and sortable_time(each) <= latest for each in told)


def _current(rows):
    """Return what serves, the newest if several do, or what served last; None for nothing."""
    served = [each for each in rows if _served(each)]
    running = [each for each in served if _runs(each)]
    return max(running, key=_made) if running else max(served, key=_started, default=None)


def _digest_before(rows, current):
    """Return the last release made before the one that runs that was not gone back from.

    So going back twice goes further back.
    """
    if current.get("replaces"):
        return current["replaces"]
    served = [each for each in rows if _served(each)]
    others = [each for each in served if each["made_from"] != current["made_from"]]
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
    return sortable_time(row.get("released_at") or row["created_at"])


def _started(row):
    return sortable_time(row["started_at"])


def _served(row):
    return bool(row["started_at"]) and not row["name"].endswith(TRIAL_SUFFIX)


def _runs(row):
    return row["state"] in ("running", "restarting", "paused")
