# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user has after `pip install longshore`, in an empty folder and without configuration."""

import os
import subprocess
from pathlib import Path

import pytest

from .conftest import CHECKOUT

pytestmark = pytest.mark.matrix


@pytest.fixture
def run(environment, tmp_path):
    def run(*command: str) -> str:
        plain = {
            "PATH": f"{environment}/bin:{os.defpath}",
            "HOME": str(tmp_path),
            "LANG": "C.UTF-8",
        }
        done = subprocess.run(
            command, cwd=tmp_path, env=plain, check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout

    return run


def test_the_command_tells_the_version_of_the_wheel(run, wheel):
    version = wheel.name.split("-")[1]

    assert version in run("longshore", "--version")


def test_the_deploy_playbook_is_found_in_the_environment(run, environment):
    arguments = ("--list-tasks", "--inventory", "localhost,", "--extra-vars", "app=shop")

    listing = run("python", "-m", "ansible", "playbook", "longshore.containers.deploy", *arguments)

    assert f"playbook: {environment.resolve()}" in listing
    assert str(CHECKOUT) not in listing


def test_the_bridge_asks_the_collection_of_the_wheel_without_loading_ansible(run, environment):
    program = (
        "import sys; from webhook_bridge.config import apps;"
        "print(sys.modules[apps.app_problems.__module__].__file__, 'ansible' in sys.modules)"
    )

    file, has_ansible = run("python", "-c", program).split()

    assert Path(file).resolve().is_relative_to(environment.resolve())
    assert has_ansible == "False"


def test_nothing_that_an_extra_brings_is_imported_where_nothing_asks_for_it(run):
    program = (
        "import pkgutil, sys, webhook_bridge as bridge;"
        "names = [m.name for m in pkgutil.walk_packages(bridge.__path__, 'webhook_bridge.')];"
        "left = ('webhook_bridge.queues.sqs_client', 'webhook_bridge.queues.pubsub_client',"
        " 'webhook_bridge.host_keys.ec2', 'webhook_bridge.store.migrations');"
        "[__import__(name) for name in names if not name.startswith(left)];"
        "print(len(names) > 100, {'boto3', 'botocore', 'google'} & set(sys.modules))"
    )

    assert run("python", "-c", program) == "True set()\n"


@pytest.mark.parametrize(("extra", "client"), [("aws", "boto3"), ("google", "google-auth")])
def test_an_extra_brings_the_client_of_a_cloud(environment, extra, client):
    [metadata] = environment.glob("lib/*/site-packages/longshore-*.dist-info/METADATA")

    required = [line for line in metadata.read_text().splitlines() if client in line]

    assert len(required) == 1
    assert required[0].startswith(f"Requires-Dist: {client}>=")
    assert required[0].endswith((f"extra == '{extra}'", f'extra == "{extra}"'))


def test_the_role_documents_itself(run):
    page = run(
        "python", "-m", "ansible", "doc", "-t", "role", "longshore.containers.docker_container"
    )

    assert "docker_container_" in page


def test_removing_the_distribution_leaves_no_file_behind(run, wheel, environment):
    def files() -> list[Path]:
        collection = environment.glob("lib/*/site-packages/ansible_collections/longshore/**/*")
        return [path for path in collection if path.is_file()]

    pip = ("python", "-m", "pip", "--isolated")

    run(*pip, "uninstall", "--quiet", "--yes", "longshore")
    left = files()
    run(*pip, "install", "--quiet", "--no-index", str(wheel))

    assert left == []
    assert files() != []
