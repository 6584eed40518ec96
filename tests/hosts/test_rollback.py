# SPDX-License-Identifier: GPL-3.0-or-later
"""Going back by playbook, after old containers were started for other reasons."""

from pathlib import Path

import pytest

from fleet import images
from fleet.bridge import Bridge, app
from fleet.fleet import Fleet
from fleet.host import Host
from fleet.observe import every_host_runs, running_digests
from fleet.playbook import playbook

pytestmark = pytest.mark.fleet


def container_of(host: Host, digest: str) -> str:
    """Return the ID of the container that was made from a digest."""
    label = "longshore.digest"
    found = (one for one in host.containers("shop") if one["Config"]["Labels"][label] == digest)
    return str(next(found)["Id"])


def look_at(host: Host, digest: str) -> None:
    """Start an old container by hand for a moment, in place of the one that serves."""
    [serving] = running_digests(host)
    old = container_of(host, digest)
    host.docker("stop", container_of(host, serving))
    host.docker("start", old)
    host.docker("stop", old)
    host.docker("start", container_of(host, serving))


@pytest.mark.nightly
def test_going_back_by_hand_goes_to_the_release_before_whatever_was_started_last(
    fleet: Fleet, tmp_path: Path
) -> None:
    folder = Bridge(tmp_path, fleet)
    first, *_others, last = fleet.hosts
    digests = []
    for version in "123":
        image = images.without_healthcheck(version)
        digests.append(fleet.registry.push("acme/shop", "latest", image))
        # On the last host the third version answers no probe: it is put back.
        port = "127.0.0.1:80" if version != "3" else "{{ probed }}"
        health = {"timeout": 3, "stable_for": 0.2, "tcp": port}
        rollout = {"serial": [1, "100%"], "failure_budget": 1, "max_fail_percentage": 100}
        folder.declare(shop=app(fleet, health=health, rollout=rollout))
        folder.set_variables("web", probed="127.0.0.1:80")
        folder.set_variables(last.name, probed="127.0.0.1:1")
        done = playbook(folder, "deploy", "-e", "app=shop")
    put_back = running_digests(last)
    for host in fleet.hosts:
        look_at(host, digests[0])
    first.stop_docker()
    first.start_docker()
    folder.set_variables(last.name)

    back = playbook(folder, "rollback", "-e", "app=shop")

    assert done.returncode == 2, done.stdout
    assert put_back == [digests[1]]
    assert back.returncode == 0, back.stdout + back.stderr
    assert every_host_runs(fleet, digests[1])
