# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that hold for the files of the repository."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

from .conftest import CHECKOUT

CODE = {".bash", ".cfg", ".j2", ".py", ".sh", ".yaml", ".yml"}
GENERATED = {"changelogs/changelog.yaml"}
# `longshore init` writes these into a user's folder; they are the user's from then on.
FOR_USERS = "webhook_bridge/starter_files/"
SPDX = "SPDX-License-Identifier: GPL-3.0-or-later"


def committed_files() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=CHECKOUT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    names = [name for name in listing.split("\0") if name and name not in GENERATED]
    return [CHECKOUT / name for name in names if not name.startswith(FOR_USERS)]


def is_code(path: Path) -> bool:
    return path.suffix in CODE or (path.suffix == "" and path.read_bytes().startswith(b"#!"))


def test_every_code_file_names_its_licence():
    code = [path for path in committed_files() if path.is_file() and is_code(path)]

    bare = [str(p.relative_to(CHECKOUT)) for p in code if SPDX not in p.read_text()[:400]]

    assert code != []
    assert bare == []


def test_changelog_fragments_are_well_formed():
    lint = [str(Path(sys.executable).parent / "antsibull-changelog"), "lint"]

    done = subprocess.run(lint, cwd=CHECKOUT, check=False, stdout=subprocess.PIPE, text=True)

    assert done.stdout == ""
    assert done.returncode == 0


def test_the_example_inventory_is_what_init_writes():
    for example, starter in (("group_vars/all/apps.yml", "apps.yml"), ("hosts.yml", "hosts.yml")):
        ours = yaml.safe_load((CHECKOUT / "inventory" / example).read_text())
        written = yaml.safe_load((CHECKOUT / "webhook_bridge/starter_files" / starter).read_text())

        assert ours == written


def test_every_test_that_the_page_on_security_names_is_there():
    page = (CHECKOUT / "docs/security.md").read_text()
    there = list((CHECKOUT / "tests").rglob("test_*.py"))
    names = {path.name for path in there}
    for path in there:
        names |= set(re.findall(r"def (test_\w+)", path.read_text()))

    named = re.findall(r"`(?:tests/\w+/)?(test_\w+)(\.py|…)?", page)
    missing = [
        name
        for name, end in named
        if not any(known.startswith(name) if end == "…" else known == name + end for known in names)
    ]

    assert len(named) > 20
    assert missing == []


def test_no_test_module_imports_another():
    ours = (CHECKOUT / "tests").rglob("*.py")
    imports = re.compile(r"^\s*(?:from|import) .*\btest_\w+", re.MULTILINE)

    found = {str(path.relative_to(CHECKOUT)): imports.findall(path.read_text()) for path in ours}

    assert {name: lines for name, lines in found.items() if lines} == {}
