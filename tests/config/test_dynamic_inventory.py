# SPDX-License-Identifier: GPL-3.0-or-later
"""What the files of inventory plugins say that hides hosts."""

from __future__ import annotations

from pathlib import Path

import pytest

from webhook_bridge.config.dynamic_inventory import (
    DynamicSource,
    dynamic_sources,
    hidden_failures,
    source_notes,
)

AWS = "plugin: amazon.aws.aws_ec2\nregions: [eu-west-1]\n"
GCP = 'plugin: google.cloud.gcp_compute\nfilters: ["status = RUNNING"]\nhostnames: [name]\n'
AZURE = "plugin: azure.azcollection.azure_rm\n"


def notes(folder: Path, text: str) -> list[str]:
    """Return what is noted of a file with this text, without its name."""
    file = folder / "some.aws_ec2.yml"
    file.write_text(text)
    found = dynamic_sources(file)
    assert hidden_failures(found) == []
    return [line.removeprefix(f"{file}: ") for line in source_notes(found)]


@pytest.mark.parametrize("plugin", ["amazon.aws.aws_ec2", "aws_ec2"])
@pytest.mark.parametrize("value", ["false", "no", "off", "'n'", "0", "'False'", "", "'{{ x }}'"])
def test_strict_permissions_that_is_not_true_is_refused_with_file_and_key(
    tmp_path: Path, plugin: str, value: str
) -> None:
    file = tmp_path / "aws_ec2.yml"
    file.write_text(f"plugin: {plugin}\nstrict_permissions: {value}\n")

    [line] = hidden_failures(dynamic_sources(tmp_path))

    assert line.startswith(f"{file}: strict_permissions: must be true or left out")


@pytest.mark.parametrize("value", ["true", "'yes'", "1"])
def test_strict_permissions_that_is_true_is_allowed(tmp_path: Path, value: str) -> None:
    assert notes(tmp_path, f"{AWS}strict_permissions: {value}\n") == []


def test_a_source_is_found_wherever_ansible_reads_one(tmp_path: Path) -> None:
    read = ["aws_ec2.yml", "eu/aws_ec2.yaml", "eu/west/my.aws_ec2.yml"]
    unread = ["group_vars/aws_ec2.yml", "eu/host_vars/aws_ec2.yml", ".aws_ec2.yml", "aws_ec2.txt"]
    for name in [*read, *unread]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(AWS)
    (tmp_path / "eu" / "above").symlink_to(tmp_path)
    (tmp_path / "hosts.yml").write_text("web: {hosts: {plugin: {}}}\n")

    found = dynamic_sources(tmp_path)

    assert [str(each.file.relative_to(tmp_path)) for each in found] == read
    assert [each.file for each in dynamic_sources(tmp_path / read[0])] == [tmp_path / read[0]]


def test_a_source_with_tags_of_ansible_is_read(tmp_path: Path) -> None:
    file = tmp_path / "aws_ec2.yml"
    vaulted = "secret_key: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n"
    file.write_text(f"{AWS}{vaulted}filters: !unsafe {{a: [b]}}\nstrict_permissions: false\n")

    assert len(hidden_failures(dynamic_sources(file))) == 1


def test_an_encrypted_source_is_decrypted(tmp_path: Path) -> None:
    file = tmp_path / "aws_ec2.yml"
    file.write_text("$ANSIBLE_VAULT;1.1;AES256\n6162\n")

    found = dynamic_sources(file, decrypt=lambda _: AWS)

    assert [(each.file, each.plugin) for each in found] == [(file, "amazon.aws.aws_ec2")]
    assert dynamic_sources(file) == []


@pytest.mark.parametrize("text", ["plugin: [", "- plugin", "plugin: {}", "\x00plugin", "", "\xff"])
def test_what_is_no_source_is_passed_over(tmp_path: Path, text: str) -> None:
    file = tmp_path / "aws_ec2.yml"
    file.write_bytes(text.encode("latin-1"))

    assert dynamic_sources(file) == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("plugin: aws_ec2\n", "regions: not given"),
        ("plugin: aws_ec2\nregions: []\n", "regions: not given"),
        (f"{AWS}cache: true\n", "cache: true"),
        ("plugin: openstack.cloud.openstack\ncache: yes\n", "cache: true"),
        (GCP.replace("RUNNING", "STOPPED"), "filters: stopped machines"),
        ("plugin: gcp_compute\nhostnames: [name]\n", "filters: stopped machines"),
        (GCP.replace("[name]", "[private_ip, name]"), "hostnames: a host's name is its address"),
        (GCP.replace("hostnames: [name]", ""), "hostnames: a host's name is its address"),
        (f"{AZURE}default_host_filters: []\n", "default_host_filters: replaces"),
        (f"{AZURE}plain_host_names: true\n", "plain_host_names: true"),
        (f"{AZURE}plain_host_names: true\ninclude_vm_resource_groups: ['*']\n", "plain_host_names"),
        (
            f"{AZURE}plain_host_names: true\ninclude_vm_resource_groups: [a, b]\n",
            "plain_host_names",
        ),
    ],
)
def test_what_seldom_is_meant_is_noted_with_its_key(tmp_path: Path, text: str, key: str) -> None:
    [line] = notes(tmp_path, text)

    assert line.startswith(key)


@pytest.mark.parametrize(
    "text",
    [
        AWS,
        f"{AWS}cache: false\n",
        GCP,
        GCP.replace('"status = RUNNING"', '"(labels.app = shop) AND (status=\\"RUNNING\\")"'),
        AZURE,
        f"{AZURE}default_host_filters: []\nexclude_host_filters: [\"powerstate != 'running'\"]\n",
        f"{AZURE}plain_host_names: true\ninclude_vm_resource_groups: [mine]\n",
        "plugin: amazon.aws.aws_rds\n",
    ],
)
def test_a_source_that_hides_nothing_is_not_noted(tmp_path: Path, text: str) -> None:
    assert notes(tmp_path, text) == []


def test_a_source_has_the_full_name_of_its_plugin(tmp_path: Path) -> None:
    file = tmp_path / "azure_rm.yml"
    file.write_text("plugin: azure_rm\n")

    assert dynamic_sources(file) == [
        DynamicSource(file, "azure.azcollection.azure_rm", {"plugin": "azure_rm"})
    ]
