# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the daemon knows about our containers, as plain values.

Labels and name together decide which are ours: labels alone spread, because `docker commit` writes
a container's labels into the image, and so into whatever is run from it.
"""

from __future__ import annotations

import re
import time
from calendar import timegm
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from ansible_collections.longshore.containers.plugins.module_utils._check_times import (
    CheckTimes,
    check_times,
)

LABEL_APP = "longshore.app"
LABEL_DIGEST = "longshore.digest"
LABEL_IMAGE = "longshore.image"
LABEL_RESTART_POLICY = "longshore.restart_policy"
# Fingerprints of its options, by which the control node tells what changed.
LABEL_OPTIONS = "longshore.options"
LABELS = (LABEL_APP, LABEL_DIGEST, LABEL_IMAGE, LABEL_RESTART_POLICY)
# In what order releases were made. They tell what to go back to; without them a container is ours.
LABEL_RELEASED_AT = "longshore.released_at"
LABEL_REPLACES = "longshore.replaces"

# A container that was started but has not yet proved itself bears this suffix, so that a crash
# can be told from a success by the daemon's own state: no file of ours could go stale.
TRIAL_SUFFIX = "-trial"
# The same for one that had proved itself before and is started again: it is never removed for it.
RETURN_SUFFIX = "-return"
SUFFIXES = (TRIAL_SUFFIX, RETURN_SUFFIX)

# What a daemon calls a volume that nobody gave a name.
_VOLUME_ID = "[0-9a-f]{64}"

NEVER = "0001-01-01T00:00:00Z"


class Container(NamedTuple):
    """One container as `GET /containers/{id}/json` describes it.

    `options` are the fingerprints of its options, as its label has them.
    `address` is its own in its first network, `networks` are all that it is in, by name, in the
    daemon's words, `host_ports` are the ports of the host that it asks for by number,
    `check_times` when its HEALTHCHECK runs (None without one), `checks` its last runs (end, whether
    it succeeded), `probe` what a probe of ours said of it: `healthy`, `unhealthy`, or empty without
    one. `released_at` is when the controller made its release, `replaces` the digest that ran here
    before it, `fixed_address` an IP or MAC address that it asks for, `anonymous_volumes` the paths
    at which it has volumes that no other container gets.
    """

    id: str
    name: str
    app: str
    digest: str
    image: str
    image_id: str
    wanted_policy: str
    policy: str
    running: bool
    restarting: bool
    paused: bool
    oom_killed: bool
    exit_code: int
    error: str
    health: str
    started_at: str
    created_at: str
    restart_count: int
    stop_timeout: int
    tty: bool
    options: str = ""
    address: str = ""
    host_network: bool = False
    host_ports: tuple[str, ...] = ()
    check_times: CheckTimes | None = None
    checks: tuple[tuple[str, bool], ...] = ()
    probe: str = ""
    released_at: str = ""
    replaces: str = ""
    fixed_address: str = ""
    anonymous_volumes: tuple[str, ...] = ()
    networks: Mapping[str, Any] = MappingProxyType({})

    @property
    def is_ours(self):
        """Whether a release of ours made it; anything else is never touched."""
        labels = (self.app, self.digest, self.image, self.wanted_policy)
        return is_ours(self.name, dict(zip(LABELS, labels)))

    @property
    def is_trial(self):
        """Whether it was started by a switch that has not (or never) finished."""
        return self.name.endswith(SUFFIXES)

    @property
    def is_returning(self):
        """Whether it is on trial, but had proved itself before."""
        return self.name.endswith(RETURN_SUFFIX)

    @property
    def release_name(self):
        """The name that it has, or would have after its trial."""
        return self.name.rpartition("-")[0] if self.is_trial else self.name

    @property
    def was_started(self):
        """Whether it ever ran."""
        return self.started_at != NEVER

    @property
    def is_proven(self):
        """Whether it ever came through its trial."""
        return self.was_started and not self.is_trial

    @property
    def last_start(self):
        """A value that sorts by time of the last start."""
        return sortable_time(self.started_at)

    @property
    def started_epoch(self):
        """The last start in whole seconds since 1970, UTC."""
        return timegm(time.strptime(self.started_at[:19], "%Y-%m-%dT%H:%M:%S"))


def is_ours(name, labels):
    """Tell by name and labels whether a container is a release of ours."""
    release = re.escape(labels.get(LABEL_APP, "")) + "-[0-9a-f]{12}" + f"({'|'.join(SUFFIXES)})?"
    return all(labels.get(label) for label in LABELS) and bool(re.fullmatch(release, name))


def from_inspect(found):
    """Read a Container from the daemon's inspect answer."""
    state, config = found["State"], found["Config"]
    labels = config.get("Labels") or {}
    host = found["HostConfig"]
    host_network = host.get("NetworkMode") == "host"
    return Container(
        id=found["Id"],
        name=found["Name"].lstrip("/"),
        app=labels.get(LABEL_APP, ""),
        digest=labels.get(LABEL_DIGEST, ""),
        image=labels.get(LABEL_IMAGE, ""),
        image_id=found.get("Image", ""),
        wanted_policy=labels.get(LABEL_RESTART_POLICY, ""),
        policy=policy_text(host.get("RestartPolicy") or {}),
        running=bool(state.get("Running")),
        restarting=bool(state.get("Restarting")),
        paused=bool(state.get("Paused")),
        oom_killed=bool(state.get("OOMKilled")),
        exit_code=int(state.get("ExitCode") or 0),
        error=state.get("Error") or "",
        health=_health(state),
        started_at=state.get("StartedAt") or NEVER,
        created_at=found.get("Created") or NEVER,
        restart_count=int(found.get("RestartCount") or 0),
        stop_timeout=int(config.get("StopTimeout") or 10),
        tty=bool(config.get("Tty")),
        options=labels.get(LABEL_OPTIONS, ""),
        address="127.0.0.1" if host_network else _address(found.get("NetworkSettings") or {}),
        host_network=host_network,
        host_ports=() if host_network else _host_ports(host.get("PortBindings") or {}),
        check_times=check_times(config),
        checks=_checks(state),
        released_at=labels.get(LABEL_RELEASED_AT, ""),
        replaces=labels.get(LABEL_REPLACES, ""),
        fixed_address=_fixed_address(
            config,
            found.get("NetworkSettings") or {},
            is_new=state.get("Status") == "created",
        ),
        anonymous_volumes=_anonymous_volumes(found.get("Mounts") or (), host),
        networks=(found.get("NetworkSettings") or {}).get("Networks") or {},
    )


def _address(settings):
    networks = sorted((settings.get("Networks") or {}).items())
    found = (one.get("IPAddress") or one.get("GlobalIPv6Address") for _name, one in networks)
    return next((address for address in found if address), "")


def _fixed_address(config, settings, *, is_new):
    """Return an address that the container asks for; those that it was given say nothing."""
    networks = (settings.get("Networks") or {}).values()
    asked = [value for each in networks for value in (each.get("IPAMConfig") or {}).values()]
    # Of a network (Docker 25) it can only be told from one that was given before the first start.
    asked += [each.get("MacAddress") for each in networks] if is_new else []
    found = (each for each in [*asked, config.get("MacAddress")] if each and isinstance(each, str))
    return next(found, "")


def _anonymous_volumes(mounts, host):
    binds = (each.split(":") for each in host.get("Binds") or ())
    named = {each[1] for each in binds if len(each) > 1}
    named |= {each.get("Target") for each in host.get("Mounts") or () if each.get("Source")}
    volumes = (each for each in mounts if each.get("Type") == "volume")
    found = (
        each["Destination"] for each in volumes if re.fullmatch(_VOLUME_ID, each.get("Name", ""))
    )
    return tuple(sorted(each for each in found if each not in named))


def _host_ports(bindings):
    # Empty, 0 or a range: the daemon chooses a free one.
    asked = {each.get("HostPort") or "0" for some in bindings.values() for each in some or ()}
    return tuple(sorted(port for port in asked - {"0"} if "-" not in port))


def _checks(state):
    log = (state.get("Health") or {}).get("Log") or ()
    return tuple((each.get("End", ""), each.get("ExitCode") == 0) for each in log)


def _health(state):
    # Docker says "none" or nothing at all for an image without HEALTHCHECK.
    status = (state.get("Health") or {}).get("Status") or ""
    return "" if status == "none" else status


def policy_text(policy):
    """Write a daemon's restart policy as one word, e.g. `always` or `on-failure:3`."""
    name = policy.get("Name") or "no"
    count = policy.get("MaximumRetryCount") or 0
    return f"{name}:{count}" if name == "on-failure" and count else name


def policy_body(text):
    """Read `always` or `on-failure:3` as the body that the daemon's update call wants."""
    name, _colon, count = text.partition(":")
    return {"Name": name, "MaximumRetryCount": int(count) if count.isdigit() else 0}


def health_word(container):
    """Say in one word how a container is doing."""
    if not container.running or container.restarting:
        return "exited"
    if container.probe == "unhealthy":
        return "unhealthy"
    return container.health or container.probe or "not health-checked"


def state_word(container):
    """Say in one word what a container does."""
    for word in ("restarting", "paused", "running"):
        if getattr(container, word):
            return word
    return "exited" if container.was_started else "created"


def sortable_time(text):
    """Make Docker's RFC 3339 times, whose fractions differ in length, comparable as text."""
    whole, _dot, fraction = text.rstrip("Z").partition(".")
    return f"{whole}.{fraction:0<9}"
