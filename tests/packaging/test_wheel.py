# SPDX-License-Identifier: GPL-3.0-or-later
import zipfile
from fnmatch import fnmatch
from pathlib import Path

from .conftest import CHECKOUT

COLLECTION = "ansible_collections/longshore/containers"
COLLECTION_PARTS = ("LICENSE", "README.md", "galaxy.yml", "meta", "playbooks", "plugins", "roles")
ALLOWED = (
    "webhook_bridge/*.py",
    "webhook_bridge/py.typed",
    "webhook_bridge/starter_files/*",
    "webhook_bridge/web/api_clients/files/*",
    "webhook_bridge/web/static/*",
    "webhook_bridge/web/templates/*.html",
    f"{COLLECTION}/LICENSE",
    f"{COLLECTION}/README.md",
    f"{COLLECTION}/galaxy.yml",
    f"{COLLECTION}/meta/*.yml",
    f"{COLLECTION}/meta/*.txt",
    f"{COLLECTION}/playbooks/*.yml",
    f"{COLLECTION}/plugins/*.py",
    f"{COLLECTION}/plugins/*/py.typed",
    f"{COLLECTION}/roles/*.yml",
    f"{COLLECTION}/roles/*.j2",
    f"{COLLECTION}/roles/*/README.md",
    "longshore-*.dist-info/*",
)


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def files_below(folder: str) -> list[str]:
    root = CHECKOUT / folder
    found = [root] if root.is_file() else [path for path in root.rglob("*") if path.is_file()]
    return [str(p.relative_to(CHECKOUT)) for p in found if "__pycache__" not in p.parts]


def test_the_wheel_holds_nothing_that_is_not_on_the_allow_list(wheel):
    strangers = [n for n in names(wheel) if not any(fnmatch(n, pattern) for pattern in ALLOWED)]

    assert strangers == []


def test_the_wheel_holds_the_whole_bridge_and_the_whole_collection(wheel):
    bridge = set(files_below("webhook_bridge"))
    collection = {f"{COLLECTION}/{name}" for part in COLLECTION_PARTS for name in files_below(part)}

    assert bridge | collection <= names(wheel)


def test_the_source_archive_builds_the_same_wheel(wheel, wheel_from_sdist):
    assert names(wheel_from_sdist) == names(wheel)
