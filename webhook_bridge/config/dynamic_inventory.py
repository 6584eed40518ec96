# SPDX-License-Identifier: GPL-3.0-or-later
"""What the files of inventory plugins say that hides hosts, or lets two machines be one host.

Facts: documentation and source of the plugins in amazon.aws 10.1 and 11.4 (aws_ec2), google.cloud
(gcp_compute) and azure.azcollection (azure_rm); which files of a folder are read, and what counts
as true, ansible-core's inventory/manager.py and convert_bool.py.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

AWS_EC2 = "amazon.aws.aws_ec2"
_GCP_COMPUTE = "google.cloud.gcp_compute"
_AZURE_RM = "azure.azcollection.azure_rm"
_FULL_NAMES = {name.rpartition(".")[2]: name for name in (AWS_EC2, _GCP_COMPUTE, _AZURE_RM)}
_SUFFIXES = (".yml", ".yaml")
_PASSED_OVER = re.compile(r"\..*|host_vars|group_vars|vars_plugins")
_TRUE = frozenset(("y", "yes", "on", "1", "true", "t", "1.0"))
_ENCRYPTED = "$ANSIBLE_VAULT"
_LARGEST = 1 << 20
_RUNNING = re.compile(r"\bstatus\b.*\brunning\b", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class DynamicSource:
    """A file that configures an inventory plugin, whose name is the full one."""

    file: Path
    plugin: str
    options: Mapping[str, Any]


class _Loader(yaml.SafeLoader):
    """Reads tags that only Ansible knows, such as !vault, as what they are written on."""


def _untagged(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)  # noqa: S101 -- there is no other kind
    return loader.construct_mapping(node, deep=True)


_Loader.add_multi_constructor("!", _untagged)


def dynamic_sources(
    inventory: Path, *, decrypt: Callable[[Path], str] = lambda _: ""
) -> list[DynamicSource]:
    """Return the files of an inventory, or of its folders, that configure a plugin.

    `decrypt` gives the text of a file that ansible-vault encrypted, empty where it cannot. A file
    that is not YAML is passed over: Ansible says what is wrong with it.
    """
    read = ((file, _mapping(file, decrypt)) for file in _files(inventory, seen=set()))
    return [
        DynamicSource(file, _FULL_NAMES.get(plugin, plugin), options)
        for file, options in read
        if isinstance(plugin := options.get("plugin"), str)
    ]


def _files(path: Path, *, seen: set[str]) -> Iterator[Path]:
    if not path.is_dir():
        if path.suffix in _SUFFIXES and path.is_file():
            yield path
        return
    real = os.path.realpath(path)
    if real in seen:
        return  # a link to a folder above
    seen.add(real)
    try:
        found = sorted(path.iterdir())
    except OSError:
        return
    for each in found:
        if not _PASSED_OVER.fullmatch(each.name):
            yield from _files(each, seen=seen)


def _mapping(file: Path, decrypt: Callable[[Path], str]) -> Mapping[str, Any]:
    try:
        text = file.read_text(encoding="utf-8") if file.stat().st_size <= _LARGEST else ""
        if text.startswith(_ENCRYPTED):
            text = decrypt(file)
        found = yaml.load(text, _Loader) if "plugin" in text else None  # noqa: S506 -- a safe one
    except (OSError, ValueError, yaml.YAMLError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def is_true(value: object) -> bool:
    """Tell whether Ansible takes an option's value as true."""
    return value is True or str(value).lower() in _TRUE


def hidden_failures(sources: Sequence[DynamicSource]) -> list[str]:
    """Return a line for each source that would answer "no hosts" where it was refused."""
    return [
        f"{source.file}: strict_permissions: must be true or left out: else hosts in a region that "
        "AWS forbids are left out without an error, as if they were terminated; allow "
        "ec2:DescribeInstances, or name in regions those alone where it is allowed"
        for source in sources
        if source.plugin == AWS_EC2 and not is_true(source.options.get("strict_permissions", True))
    ]


def source_notes(sources: Sequence[DynamicSource]) -> list[str]:
    """Return a sentence for each option that is allowed, and is seldom what is meant."""
    return [
        f"{source.file}: {sentence}"
        for source in sources
        for sentence in [*_of_any(source.options), *_OF_PLUGIN.get(source.plugin, _of_none)(source)]
    ]


def _of_any(options: Mapping[str, Any]) -> Iterator[str]:
    if is_true(options.get("cache", False)):
        yield (
            "cache: true: until the cache expires, new machines are no hosts, and those that are "
            "gone still are; leave cache out"
        )


def _of_none(_source: DynamicSource) -> Iterator[str]:
    return iter(())


def _of_aws(source: DynamicSource) -> Iterator[str]:
    if not source.options.get("regions"):
        yield (
            "regions: not given, so that every region is asked, one after the other: about 40 "
            "requests and 15 s for each reading; name those that you use, for example "
            "regions: [eu-west-1]"
        )


def _of_gcp(source: DynamicSource) -> Iterator[str]:
    if not any(_RUNNING.search(str(each)) for each in _listed(source.options.get("filters"))):
        yield (
            "filters: stopped machines are hosts too, and no rollout reaches them; add "
            'filters: ["status = RUNNING"]'
        )
    first = next(iter(_listed(source.options.get("hostnames"))), "public_ip")
    if first in ("public_ip", "private_ip"):
        yield (
            f"hostnames: a host's name is its address ({first}), so that a machine with a new "
            "address is a new host; set hostnames: [name], and ansible_host by compose"
        )


def _of_azure(source: DynamicSource) -> Iterator[str]:
    options = source.options
    keys = ("default_host_filters", "exclude_host_filters", "include_host_filters")
    filters = [str(each) for key in keys for each in _listed(options.get(key))]
    if "default_host_filters" in options and not any("powerstate" in each for each in filters):
        yield (
            "default_host_filters: replaces the plugin's own, so that stopped machines are hosts "
            "too, and no rollout reaches them; leave it out, or add \"powerstate != 'running'\""
        )
    if is_true(options.get("plain_host_names", False)) and not _is_one_group(options):
        yield (
            "plain_host_names: true: machines of the same name in two resource groups are one "
            "host; leave it out, or name one group in include_vm_resource_groups"
        )


def _is_one_group(options: Mapping[str, Any]) -> bool:
    groups = _listed(options.get("include_vm_resource_groups", ["*"]))
    sets = options.get("include_vmss_resource_groups")
    return len(groups) == 1 and "*" not in groups and not sets


def _listed(value: object) -> Collection[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list) else [value]


_OF_PLUGIN: Mapping[str, Callable[[DynamicSource], Iterator[str]]] = {
    AWS_EC2: _of_aws,
    _GCP_COMPUTE: _of_gcp,
    _AZURE_RM: _of_azure,
}
