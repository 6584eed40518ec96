# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of each host of a run. What a host says is data: cleaned, bounded, its own only."""

from __future__ import annotations

from ansible_collections.longshore.containers.plugins.plugin_utils._failure import (
    failure_reason,
    own_words,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._host_values import (
    choice,
    container_id,
    difference,
    digest,
    flag,
    lines,
    number,
    sentences,
    spans,
    text,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._option_prints import MAX_LABEL

SUCCESSES = ("updated", "unchanged")
FAILURES = ("restored", "failed")
# In the order in which they follow each other.
SWITCH_PARTS = ("health", "way_back")
HEALTH = ("healthy", "not health-checked", "unhealthy", "exited", "starting")
STATES = ("running", "exited", "created", "paused", "restarting")
MAX_CONTAINERS = 500
MAX_DAEMON = 64


class Ledger:
    """The expected hosts of a run and what became of them; each is settled once."""

    def __init__(self):
        self.app = ""
        self.digest = ""
        self.digests = {}
        self.expected = []
        self.staged = set()
        self.outcomes = {}
        self.status = {}
        self.stopped = ""
        self.problems = {}
        self.unseen = {}

    def expect(self, host, *, digest):
        """Note that the run owes an outcome for this host."""
        self.expected.append(host)
        self.digest = text(digest)
        self.digests[host] = self.digest

    def settle(self, host, found):
        """Record the outcome of an expected host; whether it is new and counts.

        The first one counts, but for a failure after a success: what comes after a switch, such as
        a user's hook, belongs to it.
        """
        earlier = self.outcomes.get(host)
        if host not in self.expected or not _overrules(found, earlier):
            return False
        defaults = {
            "digest": self.digests[host],
            "container": "",
            "health": "",
            "log": [],
            "seconds": 0.0,
        }
        if found["outcome"] in SUCCESSES:
            # Success is what the host itself reports: a digest it does not name is not assumed.
            defaults["digest"] = ""
        known = {key: value for key, value in found.items() if key != "digest" or value}
        if earlier and not _is_foreseen(earlier):
            told = ("container", "health", "log", "running", "previous", "daemon")
            defaults.update({key: earlier[key] for key in told if key in earlier})
            known = {key: value for key, value in known.items() if value or key not in earlier}
        self.outcomes[host] = {**defaults, **known}
        return True

    def stop(self, why):
        """Note why no further batch starts; the first reason counts."""
        self.stopped = self.stopped or why

    def why_not_ready(self):
        """Say why nothing was begun: the hosts with problems."""
        hosts = ", ".join(self.found_problems())
        return f"pre-flight found problems on {hosts}; no host was changed"

    def found_problems(self):
        """Return each host's problems, in the order of the inventory."""
        return {host: self.problems[host] for host in self.expected if host in self.problems}

    def unsettled(self):
        """Yield (host, outcome) for each expected host that the run never got to."""
        for host in self.expected:
            if host not in self.outcomes:
                yield host, {"outcome": "skipped", "reason": self._why_skipped()}

    def _why_skipped(self):
        advice = "it still runs what it ran: see to what stopped it, then run again"
        if self.stopped:
            return f"the rollout stopped before this host: {self.stopped}; {advice}"
        good = (*SUCCESSES, "skipped")
        bad = [h for h, found in self.outcomes.items() if found["outcome"] not in good]
        why = f" ({', '.join(bad)})" if bad else ""
        return f"the rollout stopped before this host{why}; {advice}"


def _overrules(found, earlier):
    if earlier is None or _is_foreseen(earlier):
        return True
    return earlier["outcome"] in SUCCESSES and found["outcome"] not in SUCCESSES


def _is_foreseen(earlier):
    """Whether it is what pre-flight saw: what a switch finds later, beside others, is newer."""
    return earlier.get("step") == "preflight"


def daemon_id(value):
    """Return the ID of a Docker daemon."""
    return text(value, MAX_DAEMON)


def outcome_from(result, *, failed):
    """Read an outcome from a module's result; a failed task never counts as a success."""
    words = FAILURES if failed else SUCCESSES
    word = result.get("outcome")
    return {
        "outcome": word if word in words else ("failed" if failed else "unchanged"),
        "reason": text(result.get("reason")) or failure_reason(result),
        "digest": digest(result.get("digest")),
        "container": text(result.get("container")),
        "health": choice(result.get("health"), HEALTH),
        "log": lines(result.get("log")),
        "seconds": number(result.get("seconds")),
        "running": _running(result),
        "previous": _previous(result),
        "daemon": daemon_id(result.get("daemon")),
    }


def _previous(result):
    """Return the container that ran before, as the host says: its ID and digest, or None."""
    found = result.get("previous")
    found = found if isinstance(found, dict) else {}
    kept = {
        "container": container_id(found.get("container")),
        "digest": digest(found.get("digest")),
    }
    return kept if kept["container"] and kept["digest"] else None


def problems_from(result):
    """Read the problems that container_preflight found; its message where there are none."""
    return sentences(result.get("problems")) or [failure_reason(result)]


def _running(result):
    """Return the digest that the host says it runs; empty where nothing runs, None if untold."""
    if "running" not in result:
        return None
    running = result["running"]
    return digest(running.get("digest")) if isinstance(running, dict) else ""


def containers_from(result):
    """Read the rows of container_status."""
    return container_rows(result.get("containers"))


def container_rows(value):
    """Return at most 500 containers of a host, each with known keys."""
    rows = value[:MAX_CONTAINERS] if isinstance(value, list) else []
    return [
        {
            "app": text(row.get("app")),
            "name": text(row.get("name")),
            "id": text(row.get("id")),
            "digest": digest(row.get("digest")),
            "made_from": digest(row.get("made_from")),
            "created_at": text(row.get("created_at")),
            "state": choice(row.get("state"), STATES),
            "health": choice(row.get("health"), HEALTH),
            "started_at": text(row.get("started_at")),
            "released_at": text(row.get("released_at")),
            "replaces": digest(row.get("replaces")),
            "options": text(row.get("options"), MAX_LABEL),
            "other_options": _names(row.get("other_options")),
        }
        for row in rows
        if isinstance(row, dict)
    ]


def _names(value):
    """Return at most 50 names of options; None where nobody could compare."""
    return sentences(value) if isinstance(value, list) else None


def _brief(value):
    """Return a container as container_switch names it; None for none."""
    if not isinstance(value, dict):
        return None
    return {
        "container": container_id(value.get("container")),
        "name": text(value.get("name")),
        "digest": digest(value.get("digest")),
    }


# What is taken of container_switch's result: each key with the function that reads it.
SWITCH_RESULT = {
    "container": text,
    "daemon": daemon_id,
    "diff": difference,
    "digest": digest,
    "health": lambda value: choice(value, HEALTH),
    "log": lines,
    "outcome": lambda value: choice(value, (*SUCCESSES, *FAILURES)),
    "parts": lambda value: spans(value, SWITCH_PARTS),
    "previous": _brief,
    "reason": text,
    "running": _brief,
    "seconds": number,
    "staged": flag,
}


def idle_result(value):
    """Return what a host says of a switch that has nothing to do; {} for anything else."""
    value = value if isinstance(value, dict) else {}
    found = {key: read(value[key]) for key, read in SWITCH_RESULT.items() if key in value}
    return found if found.get("outcome") == "unchanged" else {}


def connection_problem(message):
    """Return what ssh said without its frames of @, which push its reason out of what is kept."""
    said = str(message or "").splitlines()
    return text(" ".join(line for line in said if not line.startswith("@")))


def registry_trouble(said):
    """Return the outcome of a host that the registry does not serve for now, with what it said."""
    why = own_words(said) or "the registry does not serve this host"
    return {"outcome": "registry_trouble", "reason": f"{why}; nothing was changed"}


def hook_lost(hook, *, host, to, task, said, before):
    """Say of a hook that a host it needed could not be reached, and how its own host stands.

    `before` is the outcome of the host's switch, or None where there was none yet.
    """
    end = "Nothing was stopped on this host."
    if before is not None:
        end = (
            f"Before it, the switch ended as {before['outcome']}: {before['reason']}. A run that "
            "has nothing to switch there runs no hook: see that the load balancer has it again"
        )
    why = said or "no reason given"
    return f'{hook} failed on {host} at "{task}": {to} cannot be reached: {why}. {end}'
