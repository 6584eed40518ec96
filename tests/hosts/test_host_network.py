# SPDX-License-Identifier: GPL-3.0-or-later
"""An app in its host's own network is never stopped by the port that it holds itself."""

from pathlib import Path
from typing import Any

import pytest

from fleet import images
from fleet.bridge import Bridge, app
from fleet.fleet import Fleet
from fleet.observe import served
from fleet.playbook import playbook, reported

pytestmark = pytest.mark.fleet

# In the network of its host the image serves at 8080 whatever is published.
_WAYS: tuple[dict[str, Any], ...] = (
    {"networks": [{"name": "host"}], "ports": ["8080:8080"]},
    {"network_mode": "host", "published_ports": ["8080:8080"]},
    {"published_ports": ["8080:8080"]},
)


@pytest.mark.nightly
def test_an_app_moves_between_host_network_and_published_ports(
    fleet: Fleet, tmp_path: Path
) -> None:
    folder = Bridge(tmp_path, fleet)
    for version, options in enumerate(_WAYS):
        fleet.registry.push("acme/shop", "latest", images.healthy(str(version)))
        folder.declare(shop=app(fleet, container=options))

        done = playbook(folder, "deploy", "-e", "app=shop")

        found = reported(folder, "outcome")
        assert [found[host.name]["outcome"] for host in fleet.hosts] == ["updated"] * 3, done.stdout
        assert {served(host, port=8080) for host in fleet.hosts} == {f"version {version}"}
