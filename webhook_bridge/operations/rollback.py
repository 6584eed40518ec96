# SPDX-License-Identifier: GPL-3.0-or-later
"""Go back to an earlier release."""

from __future__ import annotations

import time

from sqlalchemy import Connection

from webhook_bridge.config.apps import Apps
from webhook_bridge.domain.releases import NewRelease, Release
from webhook_bridge.domain.verdicts import short
from webhook_bridge.errors import NotFound, Refused
from webhook_bridge.operations.declared import declared_app
from webhook_bridge.operations.deploy import hold_left, make_desired
from webhook_bridge.operations.digests import only_one
from webhook_bridge.operations.expectations import check_generation
from webhook_bridge.store import Store, holds, releases


def rollback(
    store: Store,
    apps: Apps,
    *,
    name: str,
    actor: str,
    to: str | None = None,
    expected_generation: int | None = None,
) -> Release:
    """Make an earlier release desired again; the digest that is left is held.

    Without `to`, the start of a release's id or digest, that is the one before. Raises NotFound
    for an unknown app or release, and Refused when there is nothing to go back to, or the app has
    another generation than the expected one.
    """
    declared_app(store, apps, name)
    now = time.time()
    with store.write() as connection:
        check_generation(releases.locked_app_row(connection, name), expected_generation)
        current = _current(connection, name)
        back_to = _target(connection, current, to)
        hold_left(connection, current, reason="rolled back", actor=actor, now=now)
        new = NewRelease(
            app=name,
            image=back_to.image,
            tag=back_to.tag,
            digest=back_to.digest,
            cause="rollback",
            actor=actor,
        )
        return make_desired(connection, new, now=now)


def target(connection: Connection, name: str, *, to: str | None = None) -> Release:
    """Return the release that a rollback would go back to; raises what `rollback` would raise."""
    return _target(connection, _current(connection, name), to)


def _current(connection: Connection, name: str) -> Release:
    current = releases.desired(connection, name)
    if current is None:
        raise Refused("nothing_to_roll_back", f"{name}: was never deployed by this bridge")
    return current


def _target(connection: Connection, current: Release, to: str | None) -> Release:
    return _before(connection, current) if to is None else _chosen(connection, current, to)


def _before(connection: Connection, current: Release) -> Release:
    name = current.app
    previous = releases.last_good(connection, name, other_than=current.digest)
    if previous is None:
        others = [short(one) for one in holds.held_digests(connection, name)]
        held = f" (held: {', '.join(others)})" if others else ""
        raise Refused(
            "nothing_to_roll_back",
            f"{name}: no release before {short(current.digest)} succeeded and is not held{held}; "
            f"to run a certain one: longshore rollback {name} --to RELEASE, of those that "
            f"longshore releases {name} shows",
        )
    return previous


def _chosen(connection: Connection, current: Release, to: str) -> Release:
    """Return the release that somebody named, if it ran well and is not the desired one."""
    name = current.app
    found = releases.starting_with(connection, name, to)
    see = f"see: longshore releases {name}"
    if not found:
        raise NotFound(f"no release of {name} has an id or digest that starts with {to!r}; {see}")
    only_one((release.digest for release in found), to)
    if found[0].digest == current.digest:
        raise Refused("already_desired", f"{name}: {short(current.digest)} is what should run now")
    good = [release for release in found if release.state == "good"]
    if not good:
        raise Refused(
            "never_ran_well",
            f"{name}: {short(found[0].digest)} did not run well ({found[0].state}); to try it "
            f"again: longshore deploy {name} --digest {found[0].digest}",
        )
    return good[0]
