# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts go back after a run that failed, and which digests are held."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from tests.support.dispatching import HOSTS, V1, V2, Running, all_well, report
from webhook_bridge.config.apps import load_apps
from webhook_bridge.domain.hosts import KeptContainer
from webhook_bridge.domain.outcomes import RunReport
from webhook_bridge.domain.runs import Work
from webhook_bridge.operations import reconcile
from webhook_bridge.store import holds


def test_a_digest_that_was_put_back_is_held_and_switched_hosts_are_brought_back(
    running: Running,
) -> None:
    running.settle_after(V1)
    running.play = lambda work, _stop: (
        report(work, 2, h2="restored", h3="skipped") if work.release.digest == V2 else report(work)
    )

    running.settle_after(V2)

    assert running.states() == ["succeeded", "restored", "succeeded"]
    restore_targets = running.played[-1]
    assert (
        restore_targets.release.digest,
        restore_targets.run.kind,
        restore_targets.run.hosts,
    ) == (V1, "restore", ("h1",))
    assert restore_targets.run.restore_targets == {"h1": KeptContainer("of-h1", V1)}
    assert running.desired() == V1
    assert running.held() == {V2: "put back"}


def test_an_app_that_halts_leaves_switched_hosts_where_they_are(running: Running) -> None:
    running.declare(rollout={"on_failure": "halt"})
    running.settle_after(V1)
    running.play = lambda work, _stop: report(work, 2, h2="restored", h3="skipped")

    running.settle_after(V2)

    assert running.states() == ["succeeded", "restored"]
    assert running.held() == {V2: "put back"}


def fails_with_other_options(work: Work, _stop: threading.Event) -> RunReport:
    return (
        report(work, 2, h2="restored", h3="skipped") if work.run.kind == "deploy" else report(work)
    )


def test_options_that_fail_leave_the_good_digest_desired_and_free(running: Running) -> None:
    running.settle_after(V2)
    running.settle_after(V1)
    running.play = fails_with_other_options

    running.settle_after(V1)

    assert running.states()[2:] == ["restored", "succeeded"]
    assert running.played[-1].run.restore_targets == {"h1": KeptContainer("of-h1", V1)}
    assert (running.desired(), running.held()) == (V1, {})
    reconcile.reconcile(running.store, "shop", actor="me", now=time.time())


def test_a_digest_that_every_host_puts_back_is_held_whatever_the_budget(running: Running) -> None:
    running.declare(rollout={"failure_budget": "100%"})
    running.settle_after(V1)
    running.play = lambda work, _stop: report(work, 2, **dict.fromkeys(HOSTS, "restored"))

    running.settle_after(V2)

    assert running.states() == ["succeeded", "restored"]
    assert (running.desired(), running.held()) == (V1, {V2: "put back"})


def hook_fails_on_h1(work: Work, _stop: threading.Event) -> RunReport:
    """Return a rollout of V2 whose canary runs V2 when a hook fails; all else goes through."""
    if work.release.digest != V2:
        return report(work)
    told = report(work, 2, h1="failed", h2="skipped", h3="skipped")
    first, *others = told.outcomes
    return replace(told, outcomes=(replace(first, running=V2, health="healthy"), *others))


def test_a_canary_whose_hook_failed_after_the_switch_is_brought_back(running: Running) -> None:
    running.settle_after(V1)
    running.play = hook_fails_on_h1

    running.settle_after(V2)

    assert running.states() == ["succeeded", "failed", "succeeded"]
    restore_targets = running.played[-1].run
    assert (restore_targets.kind, restore_targets.restore_targets) == (
        "restore",
        {"h1": KeptContainer("of-h1", V1)},
    )
    assert (running.desired(), running.held()) == (V1, {})


def test_an_image_that_the_daemon_could_not_start_is_not_held(running: Running) -> None:
    running.settle_after(V1)
    running.play = refused_on_h1

    running.settle_after(V2)

    assert (running.desired(), running.held()) == (V1, {})
    with running.store.read() as connection:
        assert set(holds.unfinished_digests(connection, "shop")) == {V2}
    running.play = all_well
    running.settle_after(V2)
    with running.store.read() as connection:
        assert holds.unfinished_digests(connection, "shop") == {}


def refused_on_h1(work: Work, _stop: threading.Event) -> RunReport:
    """Return a rollout whose canary has not the device that V2 needs."""
    told = report(work, 2, h1="restored", h2="skipped", h3="skipped")
    first, *others = told.outcomes
    return replace(told, outcomes=(replace(first, health=""), *others))


def test_a_held_digest_is_held_with_the_options_of_its_run(running: Running) -> None:
    running.settle_after(V1)
    running.play = lambda work, _stop: report(work, 2, h1="restored")

    running.settle_after(V2)

    options = load_apps(running.installation.apps_file)["shop"].options_fingerprint
    with running.store.read() as connection:
        assert holds.held_digests(connection, "shop", options=options) == {V2: "put back"}
        assert holds.held_digests(connection, "shop", options="other") == {}
