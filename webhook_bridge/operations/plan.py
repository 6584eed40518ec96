# SPDX-License-Identifier: GPL-3.0-or-later
"""Say what a deployment would do, by what is known; nothing is changed and no host is asked.

The command line, the API and every button of the pages say it by the same functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.longshore.containers.plugins.plugin_utils._rollout import judge_reach
from sqlalchemy import Connection

from webhook_bridge.config.app import App
from webhook_bridge.config.apps import Apps
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.image_labels import version_text
from webhook_bridge.domain.plan import AppPlan, HostPlan, Problem, host_plans, sentence_of
from webhook_bridge.domain.verdicts import short
from webhook_bridge.errors import Refused
from webhook_bridge.operations.declared import declared_app
from webhook_bridge.operations.deploy import check_target, tag_of, target_of
from webhook_bridge.operations.digests import whole_digest
from webhook_bridge.operations.serializers import View
from webhook_bridge.operations.timestamps import timestamp
from webhook_bridge.registry.client import RegistryClient
from webhook_bridge.store import (
    Store,
    holds,
    host_states,
    image_labels,
    inventories,
    release_rows,
    releases,
)


@dataclass(frozen=True)
class Wanted:
    """What a deployment is asked for, in the words of `deploy`."""

    tag: str | None = None
    digest: str | None = None
    same: bool = False


WHAT_IS_TRACKED = Wanted()


@dataclass(frozen=True)
class Picture:
    """All that a plan goes by: what is known of an app, with nobody asked.

    `hosts` are those of the inventory, in its order, as it was at `hosts_at` (seconds since 1970);
    where it was never read, `hosts_at` is None and they are those that were seen.
    """

    hosts: Sequence[str]
    hosts_at: float | None
    is_known: bool
    states: Mapping[str, HostState]
    held: Mapping[str, str]


def picture_of(
    connection: Connection,
    name: str,
    app: App,
    *,
    hosts: Sequence[str] | None = None,
    hosts_at: float | None = None,
) -> Picture:
    """Return what is stored of an app; `hosts` are its hosts where somebody has just read them.

    Held is what is so with the options that the app has now.
    """
    if hosts is None:
        hosts, hosts_at = _hosts_read_last(connection, name)
    states = host_states.of_app(connection, name)
    return Picture(
        hosts=list(states) if hosts is None else hosts,
        hosts_at=hosts_at,
        is_known=hosts is not None,
        states=states,
        held=holds.held_digests(connection, name, options=app.options_fingerprint),
    )


def app_plan(
    picture: Picture, app: App, *, name: str, tag: str | None, digest: str, lifts_hold: bool
) -> AppPlan:
    """Decide what bringing a digest to the hosts of an app would do, by this picture alone.

    `lifts_hold`: the digest itself was asked for, so it is deployed although it is held.
    """
    planned = host_plans(picture.hosts, picture.states, digest=digest)
    there = [one.host for one in planned if one.change != "left_out"]
    problem = _reach_problem(app, planned)
    why_held = picture.held.get(digest)
    if why_held is not None and not lifts_hold:
        problem = Problem("held", _held(name, digest, why_held))
    return AppPlan(name, tag, digest, planned, tuple(app.rollout.batches(there)), problem)


def plan_view(
    store: Store,
    registry: RegistryClient,
    apps: Apps,
    *,
    name: str,
    wanted: Wanted = WHAT_IS_TRACKED,
    hosts: Sequence[str] | None = None,
    hosts_at: float | None = None,
) -> View:
    """Return what deploying an app would do, for programs and for people.

    `hosts` are those of the inventory, in its order, as it was at `hosts_at` (seconds since 1970);
    None: those that were read of it last, or seen last where it never was. The registry is asked
    for a tag alone, and as a deployment asks it: not for a digest, nor for the release that is
    desired already.

    Raises NotFound for an unknown app or start of a digest.
    """
    app = declared_app(store, apps, name)
    check_target(tag=wanted.tag, digest=wanted.digest, same=wanted.same)
    digest = None if wanted.digest is None else _whole(store, app, name, wanted.digest)
    problem, tag, found = None, wanted.tag, digest or ""
    try:
        tag, found = _target(store, registry, app, name=name, wanted=wanted, digest=digest)
    except Refused as refused:
        problem = Problem(refused.code, str(refused))
    with store.read() as connection:
        picture = picture_of(connection, name, app, hosts=hosts, hosts_at=hosts_at)
        if problem is not None:
            plan = AppPlan(name, tag, found, problem=problem)
        else:
            lifts_hold = digest is not None
            plan = app_plan(picture, app, name=name, tag=tag, digest=found, lifts_hold=lifts_hold)
        return _view(connection, plan, picture)


def digest_plan_view(
    connection: Connection, app: App, *, name: str, tag: str | None, digest: str
) -> View:
    """Return what deploying a whole digest would do; nobody is asked."""
    picture = picture_of(connection, name, app)
    plan = app_plan(picture, app, name=name, tag=tag, digest=digest, lifts_hold=True)
    return _view(connection, plan, picture)


def _hosts_read_last(
    connection: Connection, name: str
) -> tuple[Sequence[str] | None, float | None]:
    found = inventories.of_app(connection, name)
    return (None, None) if found is None or found.read_at is None else (found.hosts, found.read_at)


def _whole(store: Store, app: App, name: str, start: str) -> str:
    with store.read() as connection:
        return whole_digest(connection, start, app=name, image=str(app.image))


def _target(
    store: Store,
    registry: RegistryClient,
    app: App,
    *,
    name: str,
    wanted: Wanted,
    digest: str | None,
) -> tuple[str | None, str]:
    """Return tag and digest; only what a tag means has to be asked of the registry."""
    if digest is not None:
        return tag_of(store, app, name, digest), digest
    if not wanted.same:
        return target_of(store, registry, app, name=name, tag=wanted.tag, digest=None, same=False)
    with store.read() as connection:
        current = releases.desired(connection, name)
    if current is None:
        raise Refused("never_deployed", f"{name}: was never deployed by this bridge")
    return current.tag, current.digest


def _reach_problem(app: App, planned: Sequence[HostPlan]) -> Problem | None:
    """Return why a rollout would stop before its first batch, if these hosts are still away."""
    away = [one.host for one in planned if one.change == "left_out"]
    hosts = [one.host for one in planned]
    stop = judge_reach(away, hosts=hosts, unreachable=app.rollout.unreachable, majority=True)
    return None if stop is None else Problem(stop.reason, f"at the last look, {stop.why}")


def _held(name: str, digest: str, why: str) -> str:
    return (
        f"{short(digest)} is held ({why}); to deploy it all the same: longshore deploy {name} "
        f"--digest {short(digest)}"
    )


def _view(connection: Connection, plan: AppPlan, picture: Picture) -> View:
    digests = {plan.digest, *(one.digest for one in plan.hosts if one.digest)}
    versions = release_rows.versions(connection, [plan.app], digests)
    labels = image_labels.of_digests(connection, [plan.digest]).get(plan.digest)
    # What people call it already comes before the tag that was asked for, such as `latest`.
    version = version_text(labels, versions.get((plan.app, plan.digest)) or plan.tag)
    return {
        "app": plan.app,
        "tag": plan.tag,
        "digest": plan.digest or None,
        "version": version,
        "problem": None if plan.problem is None else vars(plan.problem),
        "sentence": sentence_of(plan, version=version or short(plan.digest)),
        "changes": 0 if plan.problem is not None else len(plan.changes),
        "known_at": timestamp(plan.known_at),
        "hosts": [_host_view(one, versions.get((plan.app, one.digest))) for one in plan.hosts],
        "batches": [list(batch) for batch in plan.batches],
        "canary": list(plan.batches[0]) if len(plan.batches) > 1 else [],
        "inventory": {"read_at": timestamp(picture.hosts_at), "is_known": picture.is_known},
    }


def _host_view(one: HostPlan, version: str | None) -> View:
    return {
        "host": one.host,
        "change": one.change,
        "from_digest": one.digest or None,
        "from_version": version,
        "options": list(one.options),
        "seen_at": timestamp(one.seen_at),
        "remark": one.remark,
    }
