# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that are reached by `docker exec`: into a container that holds the daemon's socket."""

import json
from pathlib import Path

import pytest

from fleet import commands, images
from fleet.bridge import Bridge, app
from fleet.fleet import Fleet
from fleet.host import Host
from fleet.playbook import playbook

pytestmark = [pytest.mark.fleet, pytest.mark.nightly]

NAME = "operator"
# The host's own Python, with what community.docker needs.
MOUNTS = ("/usr:/usr:ro", "/lib:/lib:ro", "/lib64:/lib64:ro", "/etc:/etc:ro")
# The daemon's socket, and the host's lock for switches.
RUN = ("/run:/run", "/run:/var/run")


def docker(host: Host, *arguments: str) -> str:
    return commands.run("docker", "--host", f"unix://{host.docker_socket}", *arguments)


@pytest.fixture
def folder(fleet: Fleet, tmp_path: Path) -> Bridge:
    """Return a bridge's folder, whose hosts are reached through a container on each."""
    made = Bridge(tmp_path, fleet)
    made.declare(shop=app(fleet))
    fleet.registry.push("acme/operator", "latest", images.unchecked("1"))
    image = f"{fleet.registry.address}/acme/operator"
    volumes = [f"--volume={each}" for each in (*MOUNTS, *RUN)]
    for host in fleet.hosts:
        docker(host, "run", "--detach", f"--name={NAME}", *volumes, image, "/usr/bin/sleep", "600")
        docker(host, "exec", NAME, "/usr/bin/mkdir", "-p", "/root")
        variables = {
            "ansible_connection": "community.docker.docker",
            "ansible_host": NAME,
            # The daemon looks names up in the image, which has no list of users.
            "ansible_user": "0",
            "ansible_docker_extra_args": f"--host unix://{host.docker_socket}",
            "ansible_pipelining": True,
        }
        file = tmp_path / f"inventory/host_vars/{host.name}.yml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(variables))
    return made


def test_a_deployment_goes_by_docker_exec(folder: Bridge, fleet: Fleet) -> None:
    digest = fleet.registry.push("acme/shop", "latest", images.healthy("1"))

    checked = playbook(folder, "deploy", "-e", "app=shop", "--check")
    done = playbook(folder, "deploy", "-e", "app=shop")

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert done.returncode == 0, done.stdout + done.stderr
    for host in fleet.hosts:
        (container,) = host.containers("shop")
        assert container["State"]["Status"] == "running"
        assert digest in container["Image"] or digest in container["Config"]["Image"]
        # Programs went there and not plain modules: what they compiled has stayed.
        assert docker(host, "exec", NAME, "/usr/bin/ls", "/root/.cache/longshore").split()
