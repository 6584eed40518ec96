# SPDX-License-Identifier: GPL-3.0-or-later
"""Load, before a fork, the plugins that Ansible would load again in every run.

What Ansible finds, it finds by its configuration, and so does this: the same loaders, with the same
paths, which are watched for what is new. A run gets what was loaded only if nothing comes before
it: a playbook that is given by a path may have collections and plugins of its own beside it.

Facts of ansible-core 2.19 to 2.21: CLI.run installs the loader of collections, and only warns where
that was done before; PlaybookExecutor.run loads every connection, shell and become plugin of its
own, and every callback; a plugin's module is kept by the path of its file
(PluginLoader._module_cache); to find a filter of a collection, Jinja2Loader reads all files of its
filters, in each worker anew, but for those that it keeps; importing
`ansible_collections.ansible.builtin` reads 10,000 lines of YAML.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from ansible import constants
from ansible.plugins.loader import (
    action_loader,
    become_loader,
    callback_loader,
    connection_loader,
    filter_loader,
    get_all_plugin_loaders,
    init_plugin_loader,
    inventory_loader,
    shell_loader,
    strategy_loader,
)
from ansible.utils.collection_loader import AnsibleCollectionConfig

from webhook_bridge.executor.compiled_templates import compile_templates, forget_templates

_PACKAGE = "ansible_collections"
_OURS = "longshore.containers"
_METADATA = ("meta/runtime.yml", "galaxy.yml", "MANIFEST.json")
_CALLBACKS = ("outcomes", "run_output")
_BUILTIN_ACTIONS = ("assert", "fail", "set_fact")
_INVENTORIES = ("auto", "host_list", "ini", "script", "toml", "yaml")
# They prepare something for one run while they are loaded (plugin_utils/_kept_payload.py).
_PER_RUN = frozenset({"staged_container", "staged_release"})


def load() -> set[str]:
    """Load the plugins of a run of ours; return the places where others could come before them."""
    _forget_modules()  # what we have imported of collections was not by Ansible's loader
    init_plugin_loader()
    for loader in (connection_loader, shell_loader, become_loader):
        list(loader.all(class_only=True))
    strategy_loader.get("linear", class_only=True)
    for name in _INVENTORIES:
        inventory_loader.get(name, class_only=True)
    list(callback_loader.all(class_only=True))
    for name in _CALLBACKS:
        callback_loader.get(f"{_OURS}.{name}", class_only=True)
    for name in _in_collection("action") - _PER_RUN:
        action_loader.get(f"{_OURS}.{name}", class_only=True)
    for name in _BUILTIN_ACTIONS:
        action_loader.get(f"ansible.builtin.{name}", class_only=True)
    _keep_filters()
    compile_templates(Path(importlib.import_module(f"{_PACKAGE}.{_OURS}").__path__[0]))
    return set(_places())


def serve(playbook: str) -> bool:
    """Return whether a run of this playbook may have what was loaded."""
    # In CLI.run, for the loader of collections.
    warnings.filterwarnings("ignore", message="AnsibleCollectionFinder has already")
    return playbook.startswith(f"{_OURS}.")


def forget() -> None:
    """Have this process load collections anew."""
    if AnsibleCollectionConfig.collection_finder is not None:
        AnsibleCollectionConfig.collection_finder._remove()  # noqa: SLF001 -- nothing public does it
    _forget_modules()
    filter_loader._clear_caches()  # noqa: SLF001 -- the same
    forget_templates()


def _forget_modules() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == _PACKAGE]:
        del sys.modules[name]
    for _, loader in get_all_plugin_loaders():
        kept = loader._module_cache  # noqa: SLF001 -- nothing public empties it
        for path in [path for path, module in kept.items() if module.__name__ not in sys.modules]:
            del kept[path]


def _keep_filters() -> None:
    """Keep our filters among Ansible's own: those of a collection it looks for anew each time."""
    for name in _in_collection("filter"):
        found = filter_loader.get(f"{_OURS}.{name}")
        # Where it keeps none, all is as it would be without this.
        kept = getattr(filter_loader, "_cached_non_collection_wrappers", {})
        kept[f"{_OURS}.{name}"] = found


def _in_collection(kind: str) -> set[str]:
    """Return the names of our plugins of a kind; each has a file of its own."""
    folder = importlib.import_module(f"{_PACKAGE}.{_OURS}.plugins.{kind}")
    return {found.name for found in pkgutil.iter_modules(folder.__path__)}


def _places() -> Iterator[str]:
    yield from _collection_places()
    yield from _plugin_folders()


def _plugin_folders() -> Iterator[str]:
    """Return where plugins are looked for: a loader looks once, and misses what is new there."""
    # Those in its configuration; Ansible's own change with its package, which is watched. Asking a
    # loader for all (print_paths) would have it keep too few of them. The working folder, which an
    # empty setting stands for, is where runs come and go.
    for _, loader in get_all_plugin_loaders():
        configured = loader.config or []
        folders = [configured] if isinstance(configured, str) else configured
        yield from (each for each in folders if Path(each) not in (Path(), Path.cwd()))


def _collection_places() -> Iterator[str]:
    namespace, _, name = _OURS.partition(".")
    for path in constants.COLLECTIONS_PATHS:
        collections = Path(path, _PACKAGE)
        ours = collections / namespace / name
        yield from map(str, (collections, collections / namespace, ours))
        yield from (str(ours / each) for each in _METADATA)
