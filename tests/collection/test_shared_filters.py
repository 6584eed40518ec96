# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that forks one for each host has loaded the filters."""

import json
import subprocess
import sys

from tests.collection.conftest import ROOT

# As Ansible's strategy does before it forks.
LOAD = """
import json, sys
from ansible.plugins.loader import action_loader, filter_loader, init_plugin_loader
init_plugin_loader()
action_loader.get("longshore.containers.facts_check", class_only=True)
print(json.dumps(sorted(name for name in sys.modules if ".containers.plugins.filter." in name)))
"""


def used_filters() -> set[str]:
    """Return the filters that playbooks and roles name."""
    names = {path.stem for path in (ROOT / "plugins/filter").glob("*.py")}
    files = [*ROOT.glob("playbooks/**/*.yml"), *ROOT.glob("roles/docker_container/*/*.yml")]
    text = " ".join(file.read_text() for file in files)
    return {name for name in names if f"longshore.containers.{name}" in text}


def test_the_filters_of_the_playbooks_are_loaded_before_ansible_forks() -> None:
    done = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=True)

    loaded = {name.rpartition(".")[2] for name in json.loads(done.stdout.splitlines()[-1])}
    assert used_filters()
    assert used_filters() - loaded == set()
