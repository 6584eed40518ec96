# SPDX-License-Identifier: GPL-3.0-or-later
"""What entries become on each host, asked of the real Ansible."""

from __future__ import annotations

import pytest

from tests.support.installation import Installation
from webhook_bridge.executor.option_rendering import render_apps

pytestmark = pytest.mark.matrix

_MUST_BE_REGISTRY = (
    "must be a registry: a host name, with :port if it needs one, for example "
    "registry.example.com:5000"
)
VAULTED = "!vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n"


def test_each_mistake_is_told_with_its_key_and_hosts_and_none_hides_another(
    installation: Installation,
) -> None:
    folder = installation.apps_file.parent
    installation.write_app(
        "shop",
        image="acme/shop",
        hosts="all",
        container={
            "env": {"A": "{{ nothing_here }}", "B": "{{ secret }}", "C": "{{ ('x') }}"},
            "user": "{{ uid }}",
            "hostname": "{{ groups['all'] | length }}-{{ inventory_hostname }}",
            "domainname": "{{ nothing | default(omit) }}",
            "labels": {"a": "{{ nam"},
        },
    )
    inventory = installation.settings().ansible.inventory / "hosts.yml"
    inventory.write_text("all:\n  hosts:\n    h1:\n    h2: {uid: '1'}\n")
    half = "registries: {index.docker.io: {username: bot}}\n"
    (folder / "secret.yml").write_text(f"secret: {VAULTED}{half}")

    found = render_apps(installation.settings(), {"shop": ["h1", "h2"]})

    path = f"{installation.apps_file}: apps.shop.container"
    said = "\n".join(found.problems)
    assert f"{path}.env.A: 'nothing_here' is undefined; define it" in said
    assert "no vault secrets found. Set ansible.vault_password_file. (on h1, h2)" in said
    assert f"{path}.user: 'uid' is undefined; define it for these hosts (on h1)" in said
    assert f"{path}.labels.a: Syntax error in template" in said
    assert 'registries."index.docker.io": password is missing; give username and password' in said
    assert len(found.problems) == 5


def test_an_app_that_can_be_rendered_is_well_and_its_login_is_known(
    installation: Installation,
) -> None:
    installation.write_app("shop", image="acme/shop", hosts="all", container={"user": "{{ uid }}"})
    inventory = installation.settings().ansible.inventory / "hosts.yml"
    login = "{https://index.docker.io/v1/: {username: bot, password: secret}}"
    inventory.write_text(
        f"all:\n  hosts: {{h1: , h2: {{registries: {login}}}}}\n  vars: {{uid: '1'}}\n"
    )

    found = render_apps(installation.settings(), {"shop": ["h1", "h2"]})

    assert found.problems == []
    assert found.logins == {"shop": ["h2"]}


def test_each_mistake_in_the_logins_is_told_with_its_key_and_without_a_value(
    installation: Installation,
) -> None:
    installation.write_app("shop", image="ghcr.io/acme/shop", hosts="all")
    inventory = installation.settings().ansible.inventory / "hosts.yml"
    inventory.write_text("all: {hosts: {h1: }}\n")
    (installation.apps_file.parent / "logins.yml").write_text(
        "registries:\n"
        "  ghcr.io: {username: hidden}\n"
        "  ghcr.io/acme: {username: hidden, password: ''}\n"
        "  a.example: {username: hidden, password: 0123}\n"
        "  quay.io: {user: hidden}\n"
        "  b.example: hidden\n"
        "  index.docker.io: {username: hidden, password: hidden}\n"
        "  docker.io: {username: hidden, password: hidden}\n"
        "  not a host: {}\n"
    )

    problems = render_apps(installation.settings(), {"shop": ["h1"]}).problems

    file = installation.settings().ansible.inventory
    give = "; give username and password (on h1)"
    assert sorted(line.removeprefix(f"{file}: ").removesuffix(give) for line in problems) == [
        'registries."a.example": password must be a text: put it in quotes',
        'registries."b.example": must be a table with username and password (on h1)',
        'registries."ghcr.io": password is missing',
        'registries."ghcr.io/acme": password is empty',
        f'registries."not a host": {_MUST_BE_REGISTRY} (on h1)',
        'registries."quay.io": user is not known here; username is missing; password is missing',
        "registries: index.docker.io and docker.io are both docker.io; keep one of them (on h1)",
    ]


def test_an_inventory_that_cannot_be_read_is_named(installation: Installation) -> None:
    inventory = installation.settings().ansible.inventory / "hosts.yml"
    inventory.write_text("all: [")

    [problem] = render_apps(installation.settings(), {"shop": ["h1"]}).problems

    assert problem.startswith(f"{inventory.parent}: its variables: ")
