# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decisions of a switch: pure functions from what is there to what has to be done."""

from __future__ import annotations

from typing import NamedTuple

from ansible_collections.longshore.containers.plugins.module_utils._container import (
    Container,
    sortable_time,
)
from ansible_collections.longshore.containers.plugins.module_utils._health_rules import (
    asks_elsewhere,
)
from ansible_collections.longshore.containers.plugins.module_utils._restart_policy import (
    POLICIES,
    is_policy,
)
from ansible_collections.longshore.containers.plugins.module_utils._start_first import (
    start_first_problem,
)

KEEP = "keep"
RESUME = "resume"
REPLACE = "replace"

# What a processor runs besides its own code, without anybody having to ask for it.
ALSO_RUNS = {"amd64": {"386"}, "arm64": {"arm"}}


class Plan(NamedTuple):
    """What a switch has to do.

    `action` is `keep` (the target runs already), `resume` (the target is what ran last: start it
    again) or `replace`. `current` is put back if the target does not prove itself. `leftovers` were
    left on trial, `strays` (ours, running, but neither current nor target) are stopped.
    """

    action: str
    target: Container
    current: Container | None = None
    leftovers: tuple[Container, ...] = ()
    strays: tuple[Container, ...] = ()

    @property
    def in_the_way(self):
        """What serves, or served last, and is to stop for the target."""
        return (*self.strays, *((self.current,) if self.current else ()))


def current_of(containers):
    """Return the container that serves, or served last: never one that is still on trial."""
    proven = [each for each in containers if each.is_proven]
    running = [each for each in proven if each.running]
    return max(running or proven, key=lambda each: each.last_start, default=None)


def leftovers_of(containers):
    """Return what a switch that was cut off left on trial: it did not prove itself."""
    return tuple(each for each in containers if each.is_trial)


def plan_switch(containers, target):
    """Decide how to get from these containers of one app to `target`, which is one of them."""
    current = current_of(containers)
    action = _action(target, current)
    current = current if action == REPLACE else None
    known = {target.id} | ({current.id} if current else set())
    return Plan(
        action=action,
        target=target,
        current=current,
        leftovers=tuple(each for each in leftovers_of(containers) if each.id != target.id),
        strays=tuple(e for e in containers if e.running and e.is_proven and e.id not in known),
    )


def _action(target, current):
    if target.is_proven and target.running:
        return KEEP
    return RESUME if current is not None and current.id == target.id else REPLACE


def target_problem(target, *, app, digest):
    """Return why this container must not be switched to, or an empty string."""
    if target.app != app or not target.is_ours:
        return (
            f"the container {target.name} does not bear the four longshore labels of {app} and a "
            f"name {app}-<12 hexadecimal digits>; it is not ours and stays untouched: rename or "
            "remove it"
        )
    if target.digest != digest:
        return f"the container {target.name} was made for {target.digest}, not for {digest}"
    return ""


def label_problem(target):
    """Return why this container could never be given its restart policy, or an empty string."""
    if is_policy(target.wanted_policy):
        return ""
    return (
        f"the label longshore.restart_policy of the container {target.name} is "
        f"{target.wanted_policy!r}, and must be one of {', '.join(POLICIES)}: correct "
        "restart_policy in the container's options, then deploy again"
    )


def return_problem(target, *, restore_container):
    """Return why this container cannot be gone back to, or an empty string."""
    if target is None:
        return (
            f"the container {restore_container} is no longer on this host, so it cannot be started "
            "again: deploy its digest, which makes a new one"
        )
    if not (target.is_proven or target.is_returning):
        return f"the container {target.name} never proved itself, so it is nothing to go back to"
    return ""


def beside_problem(target, health):
    """Return why this container cannot be started beside the old one, or an empty string."""
    return start_first_problem(
        fixed_ports=target.host_ports,
        host_network=target.host_network,
        fixed_address=target.fixed_address,
        asked_elsewhere=asks_elsewhere(url=health.url, tcp=health.tcp),
    )


def image_problem(image, *, digest, host_arch, platform):
    """Return why this image (an inspect answer) is not the wanted one, or an empty string."""
    digests = {each.rpartition("@")[2] for each in image.get("RepoDigests") or []}
    if digest not in digests:
        return f"the staged container's image is not {digest} but {sorted(digests) or 'unknown'}"
    arch = image.get("Architecture") or host_arch
    if platform or arch == host_arch or arch in ALSO_RUNS.get(host_arch, ()):
        return ""
    return (
        f"the image is built for {arch}, this host is {host_arch}: push an image that includes "
        f"{host_arch}, or set platform in the container's options to run it under emulation"
    )


def prunable(containers, *, target, keep, stale_before, protect=()):
    """Return what may go after a success: all but the target and `keep` previous proven ones.

    What was made from a digest in `protect` stays, and does not count among the `keep`.

    A never started container younger than `stale_before` (RFC 3339, UTC) stays: another run may
    have staged it and be about to switch to it.
    """
    free = [each for each in containers if each.digest not in protect and not each.is_trial]
    others = [each for each in free if each.id != target.id]
    proven = sorted((e for e in others if e.was_started), key=lambda e: e.last_start, reverse=True)
    limit = sortable_time(stale_before)
    stale = [e for e in others if not e.was_started and sortable_time(e.created_at) < limit]
    return tuple(each for each in proven[keep:] + stale if not each.running)


def unused_images(removed, remaining, *, protect=()):
    """Return the `repository@digest` names that only removed containers used."""
    used = {(each.image, each.digest) for each in remaining}
    gone = {(each.image, each.digest) for each in removed if each.image and each.digest}
    free = (pair for pair in gone - used if pair[1] not in protect)
    return tuple(sorted(f"{image}@{digest}" for image, digest in free))
