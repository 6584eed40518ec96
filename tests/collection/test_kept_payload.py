# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible packs for docker_container serves the next run, until a source changes."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import ansible_collections.community.docker
import pytest
from ansible import constants
from ansible_collections.longshore.containers.plugins.plugin_utils import _kept_payload
from ansible_collections.longshore.containers.plugins.plugin_utils._kept_payload import (
    FOLDER,
    KeptPayload,
)

from tests.collection.stand_ins import StandIns

MODULE = "acme.things.make"
NAME = "ansible_collections.acme.things.plugins.modules.make-ZIP_DEFLATED-none"


@pytest.fixture
def begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], tuple[KeptPayload, Path]]:
    """Begin a run: return its payload, and where Ansible looks for it."""
    plugins = tmp_path / "ansible_collections/acme/things/plugins"
    for name in ("modules/make.py", "module_utils/tool.py"):
        (plugins / name).parent.mkdir(parents=True)
        (plugins / name).write_text("")
    for package in (plugins.parent, plugins.parent.parent):
        (package / "__init__.py").write_text("")
    places = {
        "ansible_collections.acme.things": [str(plugins.parent)],
        "ansible.module_utils": [str(tmp_path / "core")],
    }

    class Spec:
        def __init__(self, name: str) -> None:
            self.submodule_search_locations = places[name]

    class Loader:
        def print_paths(self) -> str:
            return f"{tmp_path}/of-user:{tmp_path}/core"

    (tmp_path / "of-user").mkdir()
    (tmp_path / "of-user/basic.py").write_text("")
    monkeypatch.setattr(_kept_payload, "find_spec", Spec)
    monkeypatch.setattr(_kept_payload, "module_utils_loader", Loader())
    runs = iter(range(100))

    def run() -> tuple[KeptPayload, Path]:
        of_run = tmp_path / f"tmp/run-{next(runs)}"
        of_run.mkdir(parents=True)
        monkeypatch.setattr(_kept_payload.constants, "DEFAULT_LOCAL_TMP", str(of_run))
        return KeptPayload(MODULE), of_run / "ansiballz_cache" / NAME

    return run


def pack(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.with_name(f"{path.name}.lock").write_text("")


def test_a_second_run_finds_what_the_first_has_packed(
    begin: Callable[[], tuple[KeptPayload, Path]],
) -> None:
    first, packed = begin()
    assert not packed.exists()
    pack(packed, "payload")
    first.keep()

    _second, packed = begin()

    assert packed.read_text() == "payload"
    assert list(packed.parent.glob("*.lock")) == []


@pytest.mark.parametrize(
    "name",
    [
        "ansible_collections/acme/things/plugins/modules/make.py",
        "ansible_collections/acme/things/plugins/module_utils/tool.py",
        "of-user/basic.py",
    ],
)
def test_a_source_that_changed_is_packed_anew(
    begin: Callable[[], tuple[KeptPayload, Path]], tmp_path: Path, name: str
) -> None:
    first, packed = begin()
    pack(packed, "payload")
    first.keep()
    (tmp_path / name).write_text("x = 1\n")

    second, packed = begin()
    assert not packed.exists()
    pack(packed, "newer")
    second.keep()

    kept = [each.read_text() for each in (tmp_path / "tmp" / FOLDER).rglob(NAME)]
    assert kept == ["newer"]


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o750])
def test_a_folder_that_others_may_use_is_not_believed(
    begin: Callable[[], tuple[KeptPayload, Path]], tmp_path: Path, mode: int
) -> None:
    first, packed = begin()
    pack(packed, "payload")
    first.keep()
    (tmp_path / "tmp" / FOLDER).chmod(mode)

    _second, packed = begin()

    assert not packed.exists()


def test_a_link_in_place_of_the_folder_is_not_believed(
    begin: Callable[[], tuple[KeptPayload, Path]], tmp_path: Path
) -> None:
    first, packed = begin()
    pack(packed, "payload")
    first.keep()
    elsewhere = (tmp_path / "tmp" / FOLDER).rename(tmp_path / "elsewhere")
    (tmp_path / "tmp" / FOLDER).symlink_to(elsewhere)

    _second, packed = begin()

    assert not packed.exists()


def test_a_module_that_is_not_installed_is_left_alone(
    begin: Callable[[], tuple[KeptPayload, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_kept_payload, "find_spec", lambda _name: None)
    first, packed = begin()
    pack(packed, "payload")
    first.keep()

    _second, packed = begin()

    assert not packed.exists()


def test_a_deployment_keeps_the_payload_of_docker_container(stand_ins: StandIns) -> None:
    run = stand_ins.deploy(longshore_hosts=["h1"])

    assert run.returncode == 0, run.output
    (kept,) = (stand_ins.playbooks.folder / "ansible/tmp" / FOLDER).rglob("*docker_container-*")
    before = kept.stat().st_mtime_ns

    again = stand_ins.deploy(longshore_hosts=["h1"])

    assert again.returncode == 0, again.output
    assert kept.stat().st_mtime_ns == before


def test_the_folders_of_ansibles_setting_module_utils_are_sources() -> None:
    paths = _kept_payload.module_utils_loader.print_paths().split(os.pathsep)

    for folder in constants.DEFAULT_MODULE_UTILS_PATH:
        assert str(Path(folder).expanduser()) in paths


def test_what_is_packed_for_docker_container_is_of_two_trees_alone() -> None:
    """A change of any other would not be seen."""
    (docker,) = ansible_collections.community.docker.__path__
    plugins = Path(docker) / "plugins"
    files = [plugins / "modules/docker_container.py", *(plugins / "module_utils").rglob("*.py")]
    imported = {
        name
        for each in files
        for name in re.findall(r"^\s*(?:from|import) (ansible\S*)", each.read_text(), re.MULTILINE)
    }
    known = ("ansible.module_utils", "ansible_collections.community.docker.plugins.module_utils")

    assert imported
    assert [name for name in imported if not name.startswith(known)] == []
