# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes back when the daemon starts again, where it cannot change restart policies."""

from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import (
    DockerError,
    DockerSocket,
)
from ansible_collections.longshore.containers.plugins.module_utils._engine import Engine
from ansible_collections.longshore.containers.plugins.module_utils._switch_run import switch

from fleet import images
from fleet.observe import running, running_digests
from fleet.waiting import wait_for
from tests.support.shop import Shop
from tests.support.switching import order

pytestmark = pytest.mark.fleet


class WithoutUpdate(Engine):
    """A runtime that refuses to change restart policies, from the n-th change on."""

    def __init__(self, shop: Shop, *, changes: int = 0) -> None:
        super().__init__(DockerSocket(str(shop.host.docker_socket)))
        self._left = changes

    def set_policy(self, container: Any, policy: str) -> None:
        self._left -= 1
        if self._left < 0:
            raise DockerError("updating a container is not supported", 501)
        super().set_policy(container, policy)


def restart_docker(shop: Shop) -> None:
    shop.host.kill_docker()
    wait_for(lambda: not shop.host.pids("dockerd"), "the end of dockerd")
    shop.host.start_docker()


@pytest.mark.nightly
def test_where_restart_policies_cannot_be_changed_the_old_container_is_not_touched(
    shop: Shop,
) -> None:
    second = shop.push("2", images.without_healthcheck("2"))
    wanted = order(shop.stage(second), second)

    report = switch(WithoutUpdate(shop), wanted)

    assert (report.outcome, report.changed) == ("failed", False)
    assert "Nothing was stopped" in report.reason
    assert running(shop.host)[0]["State"]["StartedAt"] == shop.old["State"]["StartedAt"]


def test_an_old_container_that_kept_its_policy_is_a_failure_whose_advice_helps(
    shop: Shop,
) -> None:
    second = shop.push("2", images.without_healthcheck("2"))
    wanted = order(shop.stage(second), second)
    old = shop.old["Name"][1:]

    # Two changes to try, one of the old one to what it is, and the new one's own.
    failed = switch(WithoutUpdate(shop, changes=4), wanted)
    policies = shop.policies()
    shop.host.docker("update", "--restart=no", old)
    again = shop.switch(second)
    restart_docker(shop)

    assert failed.outcome == "failed"
    assert f"docker update --restart=no {old}" in failed.reason
    assert policies == {wanted.name: "always", old: "always"}
    assert (again.outcome, again.changed) == ("unchanged", False)
    wait_for(lambda: running_digests(shop.host) == [second], "version 2 alone")
