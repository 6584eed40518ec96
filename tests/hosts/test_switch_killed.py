# SPDX-License-Identifier: GPL-3.0-or-later
"""container_switch against a real daemon, killed in the middle: the next one completes it."""

from functools import partial

import pytest

from fleet import images
from fleet.observe import running, running_digests
from tests.support.shop import Shop
from tests.support.switching import order, switch_killed

pytestmark = pytest.mark.fleet
rare = partial(pytest.param, marks=pytest.mark.nightly)


# The first three changes try whether restart policies can be set; none of them touches what runs.
@pytest.mark.parametrize("before", [6, rare(7), rare(9)], ids=["none runs", "on trial", "proven"])
def test_a_switch_killed_at_any_step_is_completed_by_the_next(shop: Shop, before: int) -> None:
    second = shop.push("2", images.without_healthcheck("2"))
    killed = switch_killed(shop.host, order(shop.stage(second), second), before=before)

    report = shop.switch(second)

    assert killed
    assert report.outcome in ("updated", "unchanged")
    assert running_digests(shop.host) == [second]
    assert shop.policies() == {f"shop-{second[7:19]}": "always", shop.old["Name"][1:]: "no"}
    assert shop.strangers_run()


@pytest.mark.parametrize(
    "before", [rare(6), rare(8), rare(9)], ids=["none runs", "failed", "put back"]
)
def test_a_restore_killed_at_any_step_never_loses_the_old_container(
    shop: Shop, before: int
) -> None:
    second = shop.push("2", images.exits_at_once("2"))
    killed = switch_killed(shop.host, order(shop.stage(second), second), before=before)

    report = shop.switch(second)

    assert killed
    assert report.outcome == "restored"
    assert [one["Id"] for one in shop.host.containers("shop")] == [shop.old["Id"]]
    assert running(shop.host)[0]["Id"] == shop.old["Id"]
    assert shop.strangers_run()


@pytest.mark.parametrize(
    "before", [rare(6), rare(7), rare(8)], ids=["none runs", "on trial", "proven"]
)
def test_after_a_kill_a_third_version_takes_over_from_what_last_served(
    shop: Shop, before: int
) -> None:
    second = shop.push("2", images.without_healthcheck("2"))
    third = shop.push("3", images.exits_at_once("3"))
    switch_killed(shop.host, order(shop.stage(second), second), before=before)
    proven_before_the_kill = before >= 8

    report = shop.switch(third)

    assert report.outcome == "restored"
    expected = second if proven_before_the_kill else shop.first
    assert running_digests(shop.host) == [expected]
