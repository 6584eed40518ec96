# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a started container counts as working: pure decisions on what was seen of it, and when."""

from __future__ import annotations

from typing import NamedTuple

from ansible_collections.longshore.containers.plugins.module_utils._check_times import (
    LONGEST_WAIT_S,
)
from ansible_collections.longshore.containers.plugins.module_utils._container import (
    Container,
)
from ansible_collections.longshore.containers.plugins.module_utils._health_rules import (
    DEFAULT_STATUS,
    DEFAULTS,
    health_problems,
)

WAIT = "wait"
STEADY = "steady"
PROVEN = "proven"
BAD = "bad"

# What Docker's own health check allows by default before it says unhealthy (--health-retries).
FAILURES_IN_A_ROW = 3


class Health(NamedTuple):
    """When a container counts as working. Times are in seconds."""

    timeout: float = DEFAULTS["timeout"]
    stable_for: float = DEFAULTS["stable_for"]
    start_period: float = DEFAULTS["start_period"]
    interval: float = DEFAULTS["interval"]
    successes: int = DEFAULTS["successes"]
    url: str = ""
    statuses: tuple[int, ...] = (DEFAULT_STATUS,)
    headers: tuple[tuple[str, str], ...] = ()
    tcp: str = ""

    @property
    def has_probe(self):
        """Whether the host itself asks the container, besides the image's HEALTHCHECK."""
        return bool(self.url or self.tcp)


class Sight(NamedTuple):
    """What was seen `at` seconds after the start: the container, and what a probe said.

    `container` is None where it is gone; `probe` is None where none was due, else an empty string
    after a success or why it failed.
    """

    at: float
    container: Container | None
    probe: str | None = None


class Progress(NamedTuple):
    """How far a container on trial has come.

    `last_check` is the end of the last run of its HEALTHCHECK that was counted, `checked_at` when
    it was seen, in seconds after the start. `checks` and `probes` count successes in a row,
    `failures` failed probes in a row.
    """

    verdict: str = WAIT
    reason: str = ""
    good_since: float | None = None
    was_good: bool = False
    last_check: str = ""
    checked_at: float | None = None
    checks: int = 0
    probes: int = 0
    failures: int = 0
    complaint: str = ""


def advance(progress, sight, health, *, restarts_before):
    """Return the Progress after one more Sight; its verdict is final if `proven` or `bad`."""
    ended = ending_of(sight.container, restarts_before)
    if ended:
        return progress._replace(verdict=BAD, reason=ended)
    counted = _count_probe(_count_checks(progress, sight), sight.probe)
    complaint = _complaint(counted, sight.container, health)
    if complaint:
        return _not_good(counted._replace(good_since=None, complaint=complaint), sight, health)
    return _good(counted, sight.at, health)


def _good(progress, at, health):
    since = at if progress.good_since is None else progress.good_since
    verdict = PROVEN if at - since >= health.stable_for else STEADY
    return progress._replace(verdict=verdict, good_since=since, was_good=True, complaint="")


def _not_good(progress, sight, health):
    why = _why_given_up(progress, sight, health)
    return progress._replace(verdict=BAD if why else WAIT, reason=why)


def _why_given_up(progress, sight, health):
    in_grace = sight.at < health.start_period
    if sight.container.health == "unhealthy" and not in_grace:
        return "its health check says unhealthy"
    if progress.was_good and progress.failures >= FAILURES_IN_A_ROW and not in_grace:
        return f"it was healthy and then failed {progress.failures} times: {progress.complaint}"
    if sight.at >= health.timeout and not _awaits_check(progress, sight):
        waited = health.timeout if sight.at < health.timeout + 1 else round(sight.at)
        return f"it did not get healthy within {waited:g} s: {progress.complaint}"
    return ""


def _awaits_check(progress, sight):
    """Whether the container's own check has not had its say yet, and will: then it is early."""
    times = sight.container.check_times
    if times is None or sight.container.health != "starting":
        return False
    had_its_say = progress.checked_at is not None and progress.checked_at >= times.start_period
    return not had_its_say and sight.at < min(times.first_verdict, LONGEST_WAIT_S)


def ending_of(container, restarts_before):
    """Return why a container cannot get healthy any more, or an empty string."""
    if container is None:
        return "somebody removed it while it was starting"
    if container.restarting or container.restart_count > restarts_before:
        return f"it keeps restarting (last exit code {container.exit_code})"
    if not container.running:
        return exit_reason(container)
    return "it is paused" if container.paused else ""


def exit_reason(container):
    """Say how a container ended."""
    if ended_well(container):
        return (
            "it ended with exit code 0, and what is deployed has to go on running: a server has to "
            "stay in the foreground, and a job that is to end is for docker run in a timer or hook"
        )
    why = " (killed: out of memory)" if container.oom_killed else ""
    said = f": {container.error}" if container.error else ""
    return f"it exited with code {container.exit_code}{why}{said}"


def ended_well(container):
    """Whether a container came to its end by itself and says that nothing went wrong."""
    failed = container.exit_code or container.error or container.oom_killed
    return container.was_started and not container.running and not failed


def _complaint(progress, container, health):
    if container.health == "unhealthy":
        return "its health check says unhealthy"
    if container.health == "starting":
        return "its health check has not succeeded yet"
    # A check that fails now and then is `healthy` to Docker: count where more than one is asked.
    if container.health and health.successes > 1 and progress.checks < health.successes:
        return f"its health check did not succeed {health.successes} times in a row"
    if not health.has_probe or progress.probes >= health.successes:
        return ""
    if progress.failures or not progress.probes:
        return progress.complaint or "it was not probed yet"
    return f"its probe did not succeed {health.successes} times in a row"


def _count_checks(progress, sight):
    for end, succeeded in _new_checks(sight.container.checks, progress.last_check):
        count = progress.checks + 1 if succeeded else 0
        progress = progress._replace(last_check=end, checked_at=sight.at, checks=count)
    return progress


def _new_checks(checks, last):
    ends = [end for end, _succeeded in checks]
    return checks[ends.index(last) + 1 :] if last in ends else checks


def _count_probe(progress, probe):
    if probe is None:
        return progress
    if probe:
        return progress._replace(probes=0, failures=progress.failures + 1, complaint=probe)
    return progress._replace(probes=progress.probes + 1, failures=0)


def probe_word(progress, health):
    """Say what our own probe found in the end: healthy, unhealthy, or empty without one."""
    if not health.has_probe:
        return ""
    return "healthy" if progress.probes >= health.successes else "unhealthy"


def health_problem(health):
    """Return why this cannot be asked of a container, naming the field, or an empty string."""
    asks = {"status": list(health.statuses), "headers": dict(health.headers)}
    http = {"url": health.url, **asks} if health.url else None
    asked = {key: getattr(health, key) for key in DEFAULTS}
    found = health_problems({**asked, "http": http, "tcp": health.tcp or None})
    return "; ".join(f"health.{key}: {said}" for key, said in found)
