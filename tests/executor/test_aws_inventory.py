# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that are instances of AWS: the plugin itself asks an account, on the loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.support.aws_account import ENVIRON, REGION, Account, aws_account
from tests.support.commands import V1, longshore
from tests.support.installation import Installation
from webhook_bridge.executor.aws_inventory import (
    Instance,
    instance_notes,
    inventory_sources,
    notes_of,
)
from webhook_bridge.executor.environment import run_environment
from webhook_bridge.executor.option_rendering import RenderedApps

IMAGE = "ami-12c6146b"  # one that moto has
ONE = "only one of them is deployed to; set hostnames: [instance-id], which no two share"
NAMES = "set hostnames: [instance-id], or filter on what has one"
STATES = "so no rollout ends on all hosts: add filters: {instance-state-name: running}"
# Nobody may connect to the addresses that moto invents.
NOWHERE = {"ansible_host": "'127.0.0.1'", "ansible_port": "1"}


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with aws_account() as made:
        yield made


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """An installation whose runs have the account's credentials."""
    folder = tmp_path / "longshore"
    folder.mkdir()
    made = Installation(folder)
    (folder / "inventory" / "hosts.yml").unlink()
    (folder / "vault-password").write_text("correct horse")
    with made.file.open("a") as settings:
        settings.write(
            f"\n[ansible]\nenvironment = {json.dumps(list(ENVIRON))}\n"
            f'vault_password_file = "{folder / "vault-password"}"\n'
        )
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    return made


def start(account: Account, app: str, *names: str | None) -> list[str]:
    """Start an instance of an app for each of these values of the tag Name; return their ids."""
    return [_started(account, app, name) for name in names]


def _started(account: Account, app: str, name: str | None) -> str:
    tags = [{"Key": "App", "Value": app}, *([{"Key": "Name", "Value": name}] if name else [])]
    reservation = account.client("ec2").run_instances(
        ImageId=IMAGE,
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    return str(reservation["Instances"][0]["InstanceId"])


def running_of(account: Account, app: str) -> list[str]:
    """Return the ids of an app's instances that run: a slow request may be sent twice."""
    wanted = {"tag:App": app, "instance-state-name": "running"}
    found = account.client("ec2").describe_instances(
        Filters=[{"Name": name, "Values": [value]} for name, value in wanted.items()]
    )
    return [one["InstanceId"] for each in found["Reservations"] for one in each["Instances"]]


def stop(account: Account, *ids: str) -> None:
    account.client("ec2").stop_instances(InstanceIds=list(ids))


def write_source(
    installation: Installation, account: Account, app: str, *, vaulted: str = "", **options: object
) -> Path:
    """Write aws_ec2.yml for the instances of an app; return it."""
    file = installation.folder / "inventory" / "aws" / "aws_ec2.yml"
    file.parent.mkdir()
    said = {
        "plugin": "amazon.aws.aws_ec2",
        "endpoint_url": account.endpoint,
        "regions": [REGION],
        "filters": {"tag:App": app},
        "compose": NOWHERE,
        **options,
    }
    file.write_text(f"{json.dumps(said)[:-1]}, {vaulted}}}" if vaulted else json.dumps(said))
    return file


def vaulted(installation: Installation, key: str, value: str) -> str:
    """Return an entry whose value is encrypted."""
    done = subprocess.run(
        [
            Path(sys.executable).with_name("ansible-vault"),
            "encrypt_string",
            "--vault-password-file",
            installation.folder / "vault-password",
            value,
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    lines = [line.strip() for line in done.stdout.splitlines()[1:]]
    text = json.dumps("\n".join([*lines, ""]))
    return f"{key}: !vault {text}"


def expected_by_a_run(installation: Installation, app: str) -> Sequence[str]:
    """Return the hosts that a deployment expects the release on, before it asks one."""
    settings = installation.settings()
    events = installation.folder / "events"
    environment = run_environment(
        settings.ansible, state_dir=settings.state_dir, events=events, environ=os.environ
    )
    extra = {"app": app, "longshore_digest": V1, "docker_container_connect_retries": 0}
    subprocess.run(
        [
            Path(sys.executable).with_name("ansible-playbook"),
            "--inventory",
            settings.ansible.inventory,
            "longshore.containers.deploy",
            "--extra-vars",
            json.dumps(extra),
        ],
        env=environment,
        cwd=settings.state_dir,
        capture_output=True,
        check=False,
        timeout=120,
    )
    told = [json.loads(line) for line in events.read_text().splitlines()]
    return [host for each in told if each["event"] == "expected" for host in each["hosts"]]


def test_check_lists_the_running_hosts_that_a_run_then_expects(
    installation: Installation, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(account, "listed", "web", "web")
    stop(account, *start(account, "listed", "web"))
    start(account, "other", "web")
    write_source(
        installation,
        account,
        "listed",
        vaulted=vaulted(installation, "secret_key", ENVIRON["AWS_SECRET_ACCESS_KEY"]),
        access_key=ENVIRON["AWS_ACCESS_KEY_ID"],
        filters={"tag:App": "listed", "instance-state-name": "running"},
        hostnames=["instance-id"],
        groups={"web": "true"},
    )
    installation.write_app("shop", image="registry.example.com/acme/shop", hosts="web")
    # Asking Ansible takes seconds, and is not what is looked at here.
    monkeypatch.setattr("webhook_bridge.cli.check.known_options", lambda _: None)
    monkeypatch.setattr("webhook_bridge.cli.check.render_apps", lambda *_: RenderedApps([]))

    done = longshore("check", config=installation.file)

    assert done.returncode == 0, done.stderr
    expected = expected_by_a_run(installation, "shop")
    assert sorted(expected) == sorted(running_of(account, "listed"))
    shop = "app shop: registry.example.com/acme/shop, tag latest, on "
    assert f"{shop}{', '.join(expected)}\n" in done.stdout
    assert "aws_ec2.yml" not in done.stdout


def test_instances_of_one_name_without_a_name_and_stopped_ones_are_noted(
    installation: Installation, account: Account
) -> None:
    shared = sorted(start(account, "noted", "web", "web", "web"))
    [nameless, _] = start(account, "noted", None, "db")
    stop(account, *start(account, "noted", "old", "unused"))
    file = write_source(
        installation,
        account,
        "noted",
        hostnames="tag:Missing, tag:Name",
        hostvars_prefix="aws_",
        keyed_groups=[{"key": "aws_instance_state.name"}],
        strict=True,
    )
    settings = installation.settings()

    found = instance_notes(
        settings, inventory_sources(settings), {"shop": ["web", "db", "old"], "shop2": ["old"]}
    )

    assert [line.removeprefix(f"{file}: ") for line in found] == [
        f"hostnames: {', '.join(shared)} are one host, for all of them are named web: {ONE}",
        f"hostnames: {nameless} has none of these names and so no host: {NAMES}",
        f"filters: old (stopped) does not run and cannot be reached, {STATES}",
    ]


def test_a_name_that_the_plugin_makes_of_several_parts_is_compared_as_it_makes_it(
    installation: Installation, account: Account
) -> None:
    start(account, "made", "a:b", "a_b", "c")
    write_source(
        installation,
        account,
        "made",
        hostnames=[
            {"name": "tag:Missing", "prefix": "instance-id"},
            {"name": "tag:Name", "prefix": "tag:App", "separator": "-"},
            "instance-id",
        ],
        allow_duplicated_hosts=True,
    )
    settings = installation.settings()

    found = instance_notes(settings, inventory_sources(settings), {})

    assert len(found) == 1
    assert "are one host, for all of them are named made-a_b:" in found[0]


def test_a_source_that_cannot_be_asked_is_noted_with_the_reason(installation: Installation) -> None:
    file = installation.folder / "inventory" / "mine.yml"
    file.write_text(f"plugin: amazon.aws.aws_ec2\nregions: [{REGION}]\n")
    settings = installation.settings()

    [line] = instance_notes(settings, inventory_sources(settings), {})

    assert line.startswith(f"{file}: its instances were not compared with its hosts: ")
    assert "could not be verified" in line


def test_one_instance_in_two_sources_shares_its_name_with_none() -> None:
    twice = [Instance(file, "i-1", "running", "web") for file in ("/a", "/b")]

    assert notes_of(twice, {}) == []


def test_names_that_two_sources_share_are_noted_with_both() -> None:
    found = notes_of(
        [Instance(f"/{each}", f"i-{each}", "running", "web") for each in "ab"], {"shop": ["web"]}
    )

    assert [line.partition(" are one host")[0] for line in found] == ["/a, /b: hostnames: i-a, i-b"]


def test_a_name_writes_no_line_of_its_own() -> None:
    same = [Instance("/a", each, "running", "web\nall well") for each in ("i-1", "i-2")]

    [line] = notes_of(same, {})

    assert "\n" not in line


def test_of_many_instances_the_first_are_named() -> None:
    many = [Instance("/a", f"i-{number}", "running", "") for number in range(1, 9)]

    [line] = notes_of(many, {})

    assert "i-1, i-2, i-3, i-4, i-5 and 3 more have none" in line
