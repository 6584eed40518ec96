# SPDX-License-Identifier: GPL-3.0-or-later
"""The tarball for Galaxy holds the collection and nothing else."""

import ast
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.collection.conftest import ROOT

ALLOWED = re.compile(
    r"(README|CHANGELOG|CODE_OF_CONDUCT|CONTRIBUTING|MAINTAINERS|SECURITY)\.md|LICENSE"
    r"|FILES\.json|MANIFEST\.json"
    r"|meta/(runtime|execution-environment)\.yml|meta/ee-(requirements|bindep)\.txt"
    r"|changelogs/(config|changelog)\.yaml"
    r"|plugins/(action|callback|doc_fragments|filter|modules|module_utils|plugin_utils)/[a-z_]+\.py"
    r"|playbooks/([a-z]+/)?[a-z_]+\.yml"
    r"|roles/[a-z_]+/README\.md|roles/[a-z_]+/(defaults|handlers|meta|tasks|vars)/[a-z_]+\.yml"
)
NEEDED = {
    "README.md",
    "meta/runtime.yml",
    "playbooks/bootstrap.yml",
    "playbooks/deploy.yml",
    "playbooks/rollback.yml",
    "playbooks/plays/rollout.yml",
    "playbooks/status.yml",
    "playbooks/tasks/select.yml",
    "plugins/action/rollout_gate.py",
    "plugins/callback/outcomes.py",
    "plugins/modules/container_switch.py",
    "roles/docker_container/README.md",
    "roles/docker_container/meta/argument_specs.yml",
    "roles/docker_host/README.md",
    "roles/docker_host/vars/amazon.yml",
}
WORKED_IN = shutil.ignore_patterns(".git", ".venv*", ".tools", "var", "__pycache__", ".*_cache")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Build from a copy that also holds a secret and a working folder, as checkouts do."""
    folder = tmp_path_factory.mktemp("artifact")
    source = folder / "source"
    shutil.copytree(ROOT, source, ignore=WORKED_IN, symlinks=True)
    (source / ".env").write_text("PASSWORD=secret\n")
    (source / "secret.yml").write_text("password: secret\n")
    (source / "plugins/modules/__pycache__").mkdir()
    (source / "plugins/modules/__pycache__/x.pyc").write_text("")
    program = Path(sys.executable).with_name("ansible-galaxy")
    command = [program, "collection", "build", source, "--output-path", folder]
    subprocess.run(command, check=True, capture_output=True, timeout=90)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        return {each.name for each in archive.getmembers() if each.isfile()}


def test_only_files_of_the_allow_list_are_published(files: set[str]) -> None:
    assert sorted(name for name in files if not ALLOWED.fullmatch(name)) == []


def test_all_that_a_user_needs_is_published(files: set[str]) -> None:
    assert NEEDED - files == set()


def test_every_plugin_role_and_playbook_file_is_published(files: set[str]) -> None:
    sources = {
        str(path.relative_to(ROOT))
        for top in ("plugins", "roles", "playbooks")
        for path in (ROOT / top).rglob("*")
        if path.suffix in (".py", ".yml", ".md")
    }

    assert sources - files == set()


def imports_of(folder: str) -> dict[str, set[str]]:
    """Return what each Python file below a folder of the collection imports."""
    found = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        plain = {each.name for one in nodes if isinstance(one, ast.Import) for each in one.names}
        found[path.name] = plain | {
            one.module or "" for one in nodes if isinstance(one, ast.ImportFrom)
        }
    return found


def test_what_runs_on_hosts_imports_nothing_of_the_control_node() -> None:
    found = {**imports_of("plugins/module_utils"), **imports_of("plugins/modules")}

    assert len(found) > 20
    assert [name for name, names in found.items() if any("plugin_utils" in n for n in names)] == []


def test_the_collection_works_without_the_bridge() -> None:
    found = imports_of("plugins")

    assert [
        name for name, names in found.items() if any("webhook_bridge" in n for n in names)
    ] == []


def test_what_plugins_share_is_private() -> None:
    shared = [*imports_of("plugins/module_utils"), *imports_of("plugins/plugin_utils")]

    assert [name for name in shared if not name.startswith("_")] == []
