# SPDX-License-Identifier: GPL-3.0-or-later
"""What docker_host would use on each distribution, by the facts that such a host tells.

No host of these kinds is at hand: this shows which source, packages and repository result, and
what is refused, not that they work there.
"""

import json
import sys
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.collection.conftest import Playbooks

URL = "https://download.docker.com/linux"
DOCKER_CE = ["docker-ce", "docker-ce-cli", "containerd.io"]
ROTATION = {"log-driver": "json-file", "log-opts": {"max-size": "10m", "max-file": "3"}}


@dataclass(frozen=True)
class Case:
    """A host: what it is, what is installed there, and what the inventory says of it."""

    distribution: str
    version: str
    release: str = ""
    architecture: str = "x86_64"
    installed: tuple[str, ...] = ()
    variables: dict[str, Any] = field(default_factory=dict)

    def host_variables(self) -> dict[str, Any]:
        facts = {
            "distribution": self.distribution,
            "distribution_release": self.release,
            "distribution_version": self.version,
            "distribution_major_version": self.version.partition(".")[0],
            "architecture": self.architecture,
            "service_mgr": "systemd",
            "packages": {name: [] for name in self.installed},
        }
        return {"facts": facts, "__docker_host_file_before": {}, **self.variables}


def debian(*installed: str, **variables: Any) -> Case:
    return Case("Debian", "12", "bookworm", installed=installed, variables=variables)


KNOWN = {
    "debian": debian(),
    "debian-with-docker.io": debian("docker.io"),
    "ubuntu": Case("Ubuntu", "24.04", "noble", "aarch64"),
    "rhel": Case("RedHat", "9.5"),
    "rocky": Case("Rocky", "9.5"),
    "alma": Case("AlmaLinux", "10.0"),
    "centos": Case("CentOS", "9"),
    "fedora": Case("Fedora", "42"),
    "amazon": Case("Amazon", "2023"),
    "merged": debian(
        __docker_host_file_before={"data-root": "/srv/docker", "bip": "10.1.0.1/24"},
        docker_host_insecure_registries=["one:5000"],
        docker_host_log_max_file=5,
        docker_host_daemon_options={
            "bip": None,
            "insecure-registries": ["two:5000", "one:5000"],
            "log-opts": {"max-size": "50m"},
        },
    ),
    "journald": debian(docker_host_daemon_options={"log-driver": "journald"}),
    "new-mirror": debian(
        __docker_host_file_before={"live-restore": True, **ROTATION},
        docker_host_registry_mirrors=["https://mirror.example.com"],
    ),
}
REFUSED = {
    "alpine": Case("Alpine", "3.22"),
    "amazon-2": Case("Amazon", "2"),
    "no-repository": Case("Amazon", "2023", variables={"docker_host_source": "docker"}),
    "other-engine": debian("docker.io", docker_host_source="docker"),
    "half-a-login": debian(docker_host_registries=[{"registry": "ghcr.io", "username": "bot"}]),
}
# An action, so that no host has to start a Python of its own for it.
GIVE_FACTS = """\
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        return {"ansible_facts": self._task.args["facts"]}
"""
PLAY = """\
- hosts: all
  gather_facts: false
  tasks:
    - give_facts: {facts: "{{ facts }}"}
    - block:
        - ansible.builtin.include_role:
            name: longshore.containers.docker_host
            tasks_from: preflight
            public: true
        - ansible.builtin.set_fact:
            shown:
              from: "{{ __docker_host_from }}"
              packages: "{{ __docker_host_wanted }}"
              apt: "{{ __docker_host_apt_source }}"
              dnf: "{{ __docker_host_dnf_baseurl }}"
              file: "{{ __docker_host_file }}"
              restart: "{{ __docker_host_needs_restart }}"
      rescue:
        - ansible.builtin.set_fact:
            shown: {refused: "{{ ansible_failed_result.msg }}"}
    - ansible.builtin.copy:
        content: "{{ dict(ansible_play_hosts | zip(all_shown)) | to_json }}"
        dest: "{{ playbook_dir }}/shown.json"
      vars:
        all_shown: "{{ ansible_play_hosts | map('extract', hostvars, 'shown') }}"
      run_once: true
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what the role found for each host, by one run over all of them."""
    playbooks = Playbooks(tmp_path_factory.mktemp("docker_host"))
    cases = {**KNOWN, **REFUSED}
    connection = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    hosts = {name: {**case.host_variables(), **connection} for name, case in cases.items()}
    playbooks.write("inventory/hosts.yml", {"all": {"hosts": hosts}})
    playbooks.write("action_plugins/give_facts.py", GIVE_FACTS)
    playbooks.write("play.yml", PLAY)
    done = playbooks.run("play.yml")
    assert done.returncode == 0, done.output
    found: dict[str, Any] = json.loads((playbooks.folder / "shown.json").read_text())
    return found


@pytest.mark.parametrize(
    ("name", "source", "packages"),
    [
        ("debian", "docker", DOCKER_CE),
        ("debian-with-docker.io", "distribution", ["docker.io"]),
        ("ubuntu", "docker", DOCKER_CE),
        ("rhel", "docker", DOCKER_CE),
        ("rocky", "docker", DOCKER_CE),
        ("alma", "docker", DOCKER_CE),
        ("centos", "docker", DOCKER_CE),
        ("fedora", "docker", DOCKER_CE),
        ("amazon", "distribution", ["docker"]),
    ],
)
def test_source_and_packages_are_those_of_the_distribution(
    shown: dict[str, Any], name: str, source: str, packages: list[str]
) -> None:
    assert (shown[name]["from"], shown[name]["packages"]) == (source, packages)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("debian", f"URIs: {URL}/debian"),
        ("debian", "Suites: bookworm"),
        ("debian", "Architectures: amd64"),
        ("debian", "Signed-By: /etc/apt/keyrings/docker.asc"),
        ("ubuntu", f"URIs: {URL}/ubuntu"),
        ("ubuntu", "Suites: noble"),
        ("ubuntu", "Architectures: arm64"),
    ],
)
def test_the_apt_source_is_signed_and_of_the_distribution(
    shown: dict[str, Any], name: str, line: str
) -> None:
    assert line in shown[name]["apt"].splitlines()


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("rhel", "rhel"),
        ("rocky", "centos"),
        ("alma", "centos"),
        ("centos", "centos"),
        ("fedora", "fedora"),
    ],
)
def test_the_dnf_repository_is_that_of_the_distribution(
    shown: dict[str, Any], name: str, folder: str
) -> None:
    assert shown[name]["dnf"] == f"{URL}/{folder}/$releasever/$basearch/stable"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("alpine", "docker_host knows AlmaLinux, Amazon"),
        ("amazon-2", "of Amazon Linux 2023 only"),
        ("no-repository", "Amazon has none there"),
        ("other-engine", "the other engine is installed"),
        ("half-a-login", "docker_host_registries: ghcr.io must have username and password"),
    ],
)
def test_what_cannot_be_is_refused(shown: dict[str, Any], name: str, message: str) -> None:
    assert message in " ".join(shown[name]["refused"].split())


def test_daemon_json_keeps_what_is_not_named_and_adds_to_lists(shown: dict[str, Any]) -> None:
    assert shown["merged"]["file"] == {
        "data-root": "/srv/docker",
        "insecure-registries": ["two:5000", "one:5000"],
        "live-restore": True,
        "log-driver": "json-file",
        "log-opts": {"max-size": "50m", "max-file": "5"},
    }


def test_rotation_is_left_out_for_a_log_driver_that_does_not_know_it(
    shown: dict[str, Any],
) -> None:
    assert shown["journald"]["file"] == {"live-restore": True, "log-driver": "journald"}


def test_only_what_the_daemon_cannot_read_again_needs_a_restart(shown: dict[str, Any]) -> None:
    assert shown["merged"]["restart"] is True
    assert shown["new-mirror"]["restart"] is False
