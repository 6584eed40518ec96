# SPDX-License-Identifier: GPL-3.0-or-later
"""What `longshore check` finds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.commands import longshore
from tests.support.installation import Installation
from webhook_bridge.cli import check as cli_check
from webhook_bridge.config.settings_reloader import written_settings
from webhook_bridge.executor.inventory import InventoryAnswer
from webhook_bridge.executor.option_rendering import RenderedApps
from webhook_bridge.state_folder import serving_lock

# A command leaves its connections to the end of its process, which is not the test's end.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
ANSWER = InventoryAnswer({"shop": ["h1"]})


def test_check_names_an_app_that_would_run_nowhere(installation: Installation) -> None:
    installation.write_app("shop", hosts="nobody")

    done = longshore("check", config=installation.file)

    assert done.returncode == 2
    assert "apps.shop.hosts: 'nobody' matches no host" in done.stderr
    assert "Traceback" not in done.stderr


def test_check_names_each_part_of_a_pattern_that_names_nothing(installation: Installation) -> None:
    hosts = ("web:dbb", "h1:dbb:!w9*", "web:&pord", "~w.b,h?", "web:empty", "all:!h1", "web[7]")
    entry = {"image": "acme/shop"}
    apps = {f"a{at}": {**entry, "hosts": pattern} for at, pattern in enumerate(hosts)}
    apps["a2"]["track"] = ""  # another mistake hides none
    installation.apps_file.write_text(json.dumps({"apps": apps}))
    inventory = installation.folder / "inventory" / "hosts.yml"
    inventory.write_text(json.dumps({**json.loads(inventory.read_text()), "empty": {}}))

    done = longshore("check", config=installation.file)

    said = done.stderr.splitlines()
    assert done.returncode == 2
    assert len(said) == 5
    assert "apps.a2.track: " in said[0]
    assert "apps.a0.hosts: dbb: " in said[2]
    assert "apps.a1.hosts: dbb: " in said[3]
    assert "apps.a2.hosts: 'web:&pord' matches no host" in said[4]
    assert "apps.a6.hosts: 'web[7]' is no pattern that Ansible takes: " in said[1]


def test_check_notes_excluded_parts_and_wildcards_that_match_nothing(
    installation: Installation,
) -> None:
    hosts = ("!maintenance", "!web9*", "web9*", "web9?", "~spare.", "!~spare.")
    entry = {"image": "acme/shop"}
    apps = {f"a{at}": {**entry, "hosts": f"all:{part}"} for at, part in enumerate(hosts)}
    installation.apps_file.write_text(json.dumps({"apps": apps}))

    done = longshore("check", config=installation.file)

    assert done.returncode == 0, done.stderr
    for at, part in enumerate(hosts):
        assert f"apps.a{at}.hosts: {part}: " in done.stdout


def test_check_notes_a_part_of_a_pattern_that_names_nothing_yet_in_a_cloud(
    installation: Installation,
) -> None:
    program = installation.folder / "inventory" / "cloud.sh"
    program.write_text("#!/bin/sh\necho '{}'\n")
    program.chmod(0o755)
    installation.write_app("shop", hosts="web:!tag_drain")

    done = longshore("check", config=installation.file)

    assert done.returncode == 0, done.stderr
    assert "apps.shop.hosts: !tag_drain: " in done.stdout


def test_check_names_each_field_that_does_not_fit_the_hosts_or_the_container(
    installation: Installation,
) -> None:
    installation.write_app(
        "shop",
        rollout={"failure_budget": 4, "serial": 1, "pause": "30m"},
        container={"publish_ports": [], "user": "app"},
    )

    done = longshore("check", config=installation.file)

    assert done.returncode == 2
    place = f"longshore: {installation.apps_file}: apps.shop."
    assert done.stderr.splitlines() == [
        place + "rollout.failure_budget: must be at most 3, which is how many hosts the app has, "
        "or a percentage",
        place
        + "rollout.pause: the pauses on 3 hosts take 3600 s, and a run is ended after 3600 s: "
        f"raise deploy.deadline in {installation.file}, or have fewer batches",
        place + "container.publish_ports: is not known to community.docker.docker_container; "
        "did you mean published_ports?",
    ]


@pytest.mark.parametrize(
    ("every", "how"),
    [("10m", "its pushes are found by polling"), ("off", "it is deployed by hand")],
)
def test_check_says_how_an_app_without_a_hook_is_kept_up_to_date(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, every: str, how: str
) -> None:
    # Asking Ansible takes seconds, and is not what is looked at here.
    monkeypatch.setattr("webhook_bridge.cli.check.ask_hosts", lambda *_: ANSWER)
    monkeypatch.setattr("webhook_bridge.cli.check.unknown_options", lambda *_: [])
    monkeypatch.setattr("webhook_bridge.cli.check.known_options", lambda _: None)
    monkeypatch.setattr("webhook_bridge.cli.check.render_apps", lambda *_: RenderedApps([]))
    installation.write_app("shop", image="other.example/acme/shop")
    with installation.file.open("a") as settings:
        settings.write(f'\n[poll]\nevery = "{every}"\n')

    done = longshore("check", config=installation.file)

    assert f"app shop: no hook speaks for other.example; {how} only" in done.stdout


def test_check_names_all_mistakes_at_once_each_with_its_place(installation: Installation) -> None:
    entry = {"image": "acme/shop", "hosts": "all"}
    options = {"user": "{{ uid }}", "env": {"A": True}, "networks": [{"name": "a", "alias": "b"}]}
    shop = {**entry, "keep": 99, "container": options}
    other = {**entry, "hosts": "nobody", "swich": 1, "container": {"nmae": 1}}
    apps = {"shop": shop, "other": other}
    installation.apps_file.write_text(json.dumps({"apps": apps}))

    done = longshore("check", config=installation.file)

    file = installation.apps_file
    said = done.stderr
    assert done.returncode != 0
    assert f"{file}: apps.shop.keep: must be a whole number" in said
    assert "apps.shop.container.env.A: YAML reads its value as true or false" in said
    assert f"{file}: apps.shop.container.user: 'uid' is undefined" in said
    assert f"{file}: apps.shop.container.networks.alias: is not known here; allowed:" in said
    assert f"{file}: apps.other.swich: is not known here" in said
    assert f"{file}: apps.other.hosts: 'nobody' matches no host" in said
    assert f"{file}: apps.other.container.nmae: is not known" in said
    assert said.count("apps.shop.keep") == said.count("env.A") == 1


@pytest.mark.parametrize(
    ("settings", "logins", "said"),
    [
        (True, {}, "has a login for docker.io, and the variable registries of its hosts has none"),
        (False, {"shop": ["h1"]}, "its hosts have a login for docker.io"),
    ],
)
def test_check_notes_the_missing_half_of_a_login(
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    settings: bool,  # noqa: FBT001 -- a parameter of the test
    logins: dict[str, list[str]],
    said: str,
) -> None:
    monkeypatch.setattr("webhook_bridge.cli.check.ask_hosts", lambda *_: ANSWER)
    monkeypatch.setattr("webhook_bridge.cli.check.known_options", lambda _: {})
    rendered = RenderedApps([], logins)
    monkeypatch.setattr("webhook_bridge.cli.check.render_apps", lambda *_: rendered)
    installation.write_app("shop", image="acme/shop")
    if settings:
        with installation.file.open("a") as file:
            file.write('\n[registries."docker.io"]\ncredential_command = ["true"]\n')

    done = longshore("check", config=installation.file)

    assert done.returncode == 0, done.stderr
    assert said in done.stdout


def test_check_wants_no_login_of_hosts_that_are_lent_one(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhook_bridge.cli.check.ask_hosts", lambda *_: ANSWER)
    monkeypatch.setattr("webhook_bridge.cli.check.known_options", lambda _: {})
    monkeypatch.setattr("webhook_bridge.cli.check.render_apps", lambda *_: RenderedApps([], {}))
    installation.write_app("shop", image="acme/shop")
    with installation.file.open("a") as file:
        file.write('\n[registries."docker.io/acme"]\ncredential_command = ["true"]\nlend = true\n')

    done = longshore("check", config=installation.file)

    assert done.returncode == 0, done.stderr
    assert "has a login for" not in done.stdout


def test_check_notes_a_range_that_takes_dates_too_and_an_app_that_keeps_nothing(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhook_bridge.cli.check.ask_hosts", lambda *_: ANSWER)
    monkeypatch.setattr("webhook_bridge.cli.check.unknown_options", lambda *_: [])
    monkeypatch.setattr("webhook_bridge.cli.check.known_options", lambda _: None)
    monkeypatch.setattr("webhook_bridge.cli.check.render_apps", lambda *_: RenderedApps([]))
    installation.write_app("shop", track={"semver": ">=10"}, keep=0)

    done = longshore("check", config=installation.file)

    assert done.returncode == 0, done.stderr
    assert 'bound it: ">=10 <1000"' in done.stdout
    assert "app shop: keep: 0 keeps no container to go back to: a rollback" in done.stdout


def test_check_names_an_inventory_that_ansible_cannot_read(installation: Installation) -> None:
    (installation.folder / "inventory" / "hosts.yml").write_text("web: [")

    done = longshore("check", config=installation.file)

    assert done.returncode == 2
    assert "inventory" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("told", "returncode", "said"),
    [
        ({}, 0, "all well"),
        ({"restart": ["server.listen"]}, 3, "does not use server.listen yet: restart it"),
        ({"hooks.mine.source": "harbor"}, 3, "does not use hooks.mine.source yet: restart it"),
        (None, 3, "does not use all of it yet: restart it"),
    ],
)
def test_check_compares_with_the_bridge_that_serves(
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    told: dict[str, Any] | None,
    returncode: int,
    said: str,
) -> None:
    monkeypatch.setattr(cli_check, "_READ_WITHIN_S", 0.2)
    monkeypatch.setattr(cli_check, "ask_hosts", lambda *_: ANSWER)
    monkeypatch.setattr(cli_check, "known_options", lambda *_: None)
    monkeypatch.setattr(cli_check, "unknown_options", lambda *_: [])
    if told is not None:
        read = written_settings(installation.file) | told
        restart = read.pop("restart", [])
        file = installation.state / "served-settings.json"
        file.write_text(json.dumps({"read": read, "restart": restart}))

    with serving_lock(installation.state) as lock:
        assert lock.acquire()
        done = longshore("check", config=installation.file)

    assert done.returncode == returncode, done.stderr
    assert said in done.stdout + done.stderr
    assert ("all well" in done.stdout) is (returncode == 0)


def test_check_compares_with_nothing_where_no_bridge_serves(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_check, "ask_hosts", lambda *_: ANSWER)
    monkeypatch.setattr(cli_check, "known_options", lambda *_: None)
    monkeypatch.setattr(cli_check, "unknown_options", lambda *_: [])
    (installation.state / "served-settings.json").write_text('{"read": {}, "restart": ["x"]}')

    assert longshore("check", config=installation.file).returncode == 0
