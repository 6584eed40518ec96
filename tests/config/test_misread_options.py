# SPDX-License-Identifier: GPL-3.0-or-later
"""What YAML reads as something else is named with its file, line and key, and what to quote."""

from __future__ import annotations

from pathlib import Path

import pytest

from webhook_bridge.config.misread_options import misread_options

OPTIONS = {
    "published_ports": {"type": "list", "elements": "str"},
    "user": {"type": "str"},
    "hostname": {"type": "str"},
    "restart_policy": {"type": "str"},
    "memory": {"type": "str"},
    "command": {"type": "raw"},
    "cpus": {"type": "float"},
    "init": {"type": "bool"},
    "labels": {"type": "dict"},
    "env": {"type": "dict"},
    "dns_servers": {"type": "list", "elements": "str"},
    "networks": {
        "type": "list",
        "elements": "dict",
        "suboptions": {"name": {"type": "str"}, "ipv4_address": {"type": "str", "aliases": ["ip"]}},
    },
    "healthcheck": {
        "type": "dict",
        "suboptions": {"interval": {"type": "str"}, "retries": {"type": "int"}},
    },
}


def found(folder: Path, container: str = "", **files: str) -> list[str]:
    """Return the lines for an app with these options, beside other files of its inventory."""
    for name, text in {"hosts.yml": "all: {hosts: {h1: }}\n", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    apps = folder / "group_vars/all/apps.yml"
    apps.parent.mkdir(parents=True, exist_ok=True)
    apps.write_text(f"apps:\n  shop:\n    container:\n      {container}\n")
    lines = misread_options(apps, folder, OPTIONS)
    return [line.removeprefix(f"{folder}/") for line in lines]


@pytest.mark.parametrize(
    ("option", "key", "read", "quote"),
    [
        ("published_ports: [20:20]", "published_ports.0", "20:20 as the number 1220", "20:20"),
        ("published_ports: 20:20", "published_ports", "20:20 as the number 1220", "20:20"),
        ("user: 33:33", "user", "33:33 as the number 2013", "33:33"),
        ("labels: {a: 1:20}", "labels.a", "1:20 as the number 80", "1:20"),
        ("labels: {on: a}", "labels.on", "on as true", "on"),
        ("labels: {v: 1.10}", "labels.v", "1.10 as the number 1.1", "1.10"),
        ("labels: {v: 1.0e+3}", "labels.v", "1.0e+3 as the number 1000.0", "1.0e+3"),
        ("labels: {d: 2026-11-28}", "labels.d", "2026-11-28 as a date", "2026-11-28"),
        ("hostname: 010", "hostname", "010 as the number 8", "010"),
        ("restart_policy: no", "restart_policy", "no as false", "no"),
        ("memory: 1_000", "memory", "1_000 as the number 1000", "1_000"),
        ("command: [sleep, 1:30]", "command.1", "1:30 as the number 90", "1:30"),
        ("labels: {yes: a}", "labels.yes", "yes as true", "yes"),
        ("networks: [{name: 010}]", "networks.0.name", "010 as the number 8", "010"),
        ("networks: [{ip: 1:2}]", "networks.0.ip", "1:2 as the number 62", "1:2"),
        ("healthcheck: {interval: 1:30}", "healthcheck.interval", "1:30 as the number 90", "1:30"),
    ],
)
def test_a_text_that_became_something_else_is_named(
    option: str, key: str, read: str, quote: str, tmp_path: Path
) -> None:
    [line] = found(tmp_path, option)

    place = f"group_vars/all/apps.yml:4: apps.shop.container.{key}"
    assert line == f'{place}: YAML reads {read}; quote it: "{quote}"'


@pytest.mark.parametrize(
    "option",
    [
        'published_ports: ["20:20", 8080]',
        "user: 1000",
        "cpus: 1.50",
        "init: yes",
        "healthcheck: {retries: 10}",
        "cpus: 0",
        "hostname: ~",
        "hostname: !vault x",
        "labels: {a: 'no', b: |\n        no\n      }",
        "unheard_of: 120",
    ],
)
def test_what_is_as_it_was_written_is_not_named(option: str, tmp_path: Path) -> None:
    assert found(tmp_path, option) == []


@pytest.mark.parametrize(
    ("entry", "key", "read"),
    [
        ("keep: 010", "keep", "010 as the number 8; write 8"),
        ("rollout: {serial: 010}", "rollout.serial", "010 as the number 8; write 8"),
        ("rollout: {pause: 10:00}", "rollout.pause", "10:00 as the number 600; write 600"),
        ("min_age: 1:00", "min_age", "1:00 as the number 60; write 60"),
        ("health: {timeout: 1:30}", "health.timeout", "1:30 as the number 90; write 90"),
        ("health: {stable_for: 010}", "health.stable_for", "010 as the number 8; write 8"),
        ("health: {http: {status: 0310}}", "health.http.status", "0310 as the number 200; write"),
        ("health: {http: {status: [0310]}}", "health.http.status.0", "0310 as the number 200;"),
        ("container: {stop_timeout: 010}", "container.stop_timeout", "010 as the number 8; write"),
        ("container: {cpu_shares: 1:30}", "container.cpu_shares", "1:30 as the number 90; write"),
        ("container: {init: 1:30.5}", "container.init", "1:30.5 as the number 90.5; write"),
        ("container: {healthcheck: {retries: 010}}", "container.healthcheck.retries", "010 as"),
    ],
)
def test_a_number_of_another_base_is_named_whatever_the_key(
    entry: str, key: str, read: str, tmp_path: Path
) -> None:
    (tmp_path / "apps.yml").write_text(f"apps:\n  shop:\n    {entry}\n")

    [line] = misread_options(tmp_path / "apps.yml", tmp_path / "hosts.yml", OPTIONS)

    assert line.startswith(f"{tmp_path}/apps.yml:3: apps.shop.{key}: YAML reads {read}")


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("yes", "true or false"),
        ("8080", "a number"),
        ("1.5", "a number"),
        ("~", "nothing"),
        ("2026-11-28", "a date"),
    ],
)
def test_a_variable_of_an_environment_is_named_without_its_value(
    value: str, read: str, tmp_path: Path
) -> None:
    [line] = found(tmp_path, f"env: {{PIN: {value}}}")

    assert line.endswith(f".env.PIN: YAML reads its value as {read}; put it in quotes")


def test_a_track_is_named_too(tmp_path: Path) -> None:
    [line] = found(tmp_path, "{}\n    track: 1.10")

    assert line == (
        "group_vars/all/apps.yml:5: apps.shop.track: YAML reads 1.10 as the number 1.1; "
        'quote it: "1.10"'
    )


def test_variables_that_options_use_are_named_where_they_are_set(tmp_path: Path) -> None:
    lines = found(
        tmp_path,
        'user: "{{ uid }}"\n      dns_servers: "{{ dns }}"\n      env: {A: "x{{ outer }}"}',
        **{
            "host_vars/h1.yml": "uid: 33:33\ndns: [010]\ndebug: yes\nother: 1:20\n",
            "group_vars/web": 'outer: "{{ inner }}"\nuid: "33:33"\n',
            "group_vars/web2/vars.yml": "inner: 0777\n",
            "hosts.yml": "all: {hosts: {h1: {uid: no}}}\n",
            "host_vars/h2.yml": "$ANSIBLE_VAULT;1.1;AES256\n6162\n",
        },
    )

    used = "(used by apps.shop.container"
    number = 'YAML reads {0} as the number {1}; quote it: "{0}"'.format
    assert sorted(lines) == [
        f"group_vars/web2/vars.yml:1: inner {used}.env): {number('0777', 511)}",
        f"host_vars/h1.yml:1: uid {used}.user): {number('33:33', 2013)}",
        f"host_vars/h1.yml:2: dns.0 {used}.dns_servers): {number('010', 8)}",
        f'hosts.yml:1: uid {used}.user): YAML reads no as false; quote it: "no"',
    ]


def test_a_variable_that_an_element_consists_of_is_named_once(tmp_path: Path) -> None:
    [line] = found(
        tmp_path, 'published_ports: ["{{ port }}"]', **{"host_vars/h1.yml": "port: 22:22\n"}
    )

    assert line.startswith(
        "host_vars/h1.yml:1: port (used by apps.shop.container.published_ports.0)"
    )


def test_apps_that_a_host_sets_anew_are_looked_at_too(tmp_path: Path) -> None:
    anew = "apps:\n  shop:\n    container: {hostname: 010}\n"

    [line] = found(tmp_path, "{}", **{"host_vars/h1/apps.yml": anew})

    assert line.startswith("host_vars/h1/apps.yml:3: apps.shop.container.hostname: YAML reads 010")


@pytest.mark.parametrize("text", ["a: [", "a: &x [*x]", "\udcff", ""])
def test_a_file_that_cannot_be_read_is_passed_over(text: str, tmp_path: Path) -> None:
    (tmp_path / "host_vars").mkdir()
    (tmp_path / "host_vars/h1.yml").write_bytes(text.encode("utf-8", "surrogateescape"))

    assert len(found(tmp_path, "hostname: 010")) == 1
