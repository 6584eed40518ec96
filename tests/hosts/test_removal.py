# SPDX-License-Identifier: GPL-3.0-or-later
"""An app that left the apps file, and a digest that only the options kept from running."""

from pathlib import Path

import pytest

from fleet import images
from fleet.bridge import Bridge, app
from fleet.fleet import Fleet
from fleet.host_faults import black_hole
from fleet.observe import every_host_runs, running_digests

pytestmark = pytest.mark.fleet


@pytest.fixture
def folder(fleet: Fleet, tmp_path: Path) -> Bridge:
    """Return a bridge's folder; the bridge itself is never started."""
    return Bridge(tmp_path, fleet)


def test_an_app_that_left_the_file_is_named_and_taken_away_from_every_host(
    folder: Bridge, fleet: Fleet
) -> None:
    digest = fleet.registry.push("acme/shop", "latest", images.healthy("1"))
    assert folder.command("deploy", "shop").returncode == 0
    stranger = fleet.hosts[0].docker(
        "run", "--detach", "--label", "longshore.app=shop", f"{app(fleet)['image']}@{digest}"
    )
    assert folder.command("remove", "shop", "--yes").returncode == 4
    folder.declare(blog=app(fleet, "acme/blog"))
    away, *others = fleet.hosts[::-1]

    named = [folder.command("check"), folder.command("status")]
    with black_hole(away):
        partly = folder.command("remove", "shop", "--yes")
    wholly = folder.command("remove", "shop", "--yes")

    for done in named:
        assert "app shop has left the apps file and goes on running on " in done.stdout
        assert all(host.name in done.stdout for host in fleet.hosts)
    assert partly.returncode == 3, partly.stdout + partly.stderr
    assert away.name in partly.stdout
    assert wholly.returncode == 0, wholly.stdout + wholly.stderr
    assert "shop" not in folder.command("status").stdout
    assert [len(host.containers("shop")) for host in others] == [0] * (len(others) - 1) + [1]
    assert stranger.strip() in {one["Id"] for one in fleet.hosts[0].containers("shop")}
    assert away.containers("shop") == []


@pytest.mark.nightly
def test_a_device_that_a_host_lacks_holds_no_digest(folder: Bridge, fleet: Fleet) -> None:
    first = fleet.registry.push("acme/shop", "latest", images.healthy("1"))
    assert folder.command("deploy", "shop").returncode == 0
    good = app(fleet)
    lacking = {**good["container"], "devices": ["/dev/gone:/dev/gone:rwm"]}
    folder.declare(shop={**good, "container": lacking})
    second = fleet.registry.push("acme/shop", "latest", images.healthy("2"))

    refused = folder.command("deploy", "shop")

    assert refused.returncode == 1
    assert running_digests(fleet.hosts[0]) == [first]
    assert folder.json("status", "shop")["apps"][0]["held"] == {}
    folder.declare(shop=good)
    assert folder.command("deploy", "shop").returncode == 0
    assert every_host_runs(fleet, second)
