# SPDX-License-Identifier: GPL-3.0-or-later
"""What the filesystem of a container tells of that which `volumes` bound into it."""

import os
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.longshore.containers.plugins.module_utils._bound_files import (
    bound_sources,
    is_file_within,
    roots_of,
)
from ansible_collections.longshore.containers.plugins.module_utils._start_check import (
    start_problems,
)
from ansible_collections.longshore.containers.plugins.module_utils._start_facts import StartFacts
from ansible_collections.longshore.containers.plugins.module_utils._start_needs import (
    needs_of_container,
)


@pytest.fixture
def roots(tmp_path: Path) -> tuple[str, str]:
    """Two layers: of a container, and of its image."""
    upper, lower = tmp_path / "upper", tmp_path / "lower"
    for folder in (upper / "etc", upper / "run" / "shop", lower / "etc", lower / "var"):
        folder.mkdir(parents=True)
    (upper / "etc" / "app.conf").touch()
    (upper / "etc" / "folder").mkdir()
    (lower / "etc" / "folder").touch()
    (lower / "etc" / "image.conf").touch()
    (lower / "var" / "run").symlink_to(tmp_path / "host")
    (lower / "etc" / "link.conf").symlink_to("/etc/passwd")
    (tmp_path / "host").mkdir()
    (tmp_path / "host" / "of-the-host").touch()
    return str(upper), str(lower)


@pytest.mark.parametrize(
    ("path", "is_file"),
    [
        ("/etc/app.conf", True),
        ("/etc/image.conf", True),
        ("/etc/folder", False),
        ("/run/shop", False),
        ("/run/shop/", False),
        ("/gone", False),
        ("/etc/app.conf/below", False),
        ("/var/run/of-the-host", False),
        ("/etc/link.conf", False),
        ("/", False),
    ],
)
def test_what_a_container_has_at_a_path_tells_whether_it_was_a_file(
    roots: tuple[str, str], path: str, *, is_file: bool
) -> None:
    assert is_file_within(roots, path) == is_file


def test_a_socket_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("app.sock")

        assert is_file_within((str(tmp_path),), "/app.sock")


def test_what_this_user_must_not_look_at_is_taken_for_no_file(
    roots: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lstat(path: str) -> None:
        raise PermissionError(path)

    monkeypatch.setattr("os.lstat", lstat)

    assert not is_file_within(roots, "/etc/app.conf")


def test_the_daemon_tells_where_the_filesystem_of_a_container_is() -> None:
    layers = {"UpperDir": "/d/1/diff", "LowerDir": "/d/1-init/diff:/d/0/diff"}
    found = {"State": {"Pid": 7}, "GraphDriver": {"Data": layers}}

    assert roots_of(found) == ("/proc/7/root", "/d/1/diff", "/d/1-init/diff", "/d/0/diff")
    assert roots_of({"State": {"Pid": 0}, "GraphDriver": {"Data": None}}) == ()
    assert roots_of({}) == ()


def test_only_paths_of_the_host_are_sources() -> None:
    binds = ["/srv:/a:ro", "data:/b", "/odd"]

    assert bound_sources({"HostConfig": {"Binds": binds}}) == (("/srv", "/a"),)
    assert bound_sources({"HostConfig": {"Binds": None}}) == ()


def test_a_running_container_lacks_the_file_that_it_sees_and_not_the_folder(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.touch()
    binds = [f"{tmp_path}/gone.conf:{inside}", f"{tmp_path}/gone:{tmp_path}"]
    state = {"Pid": os.getpid(), "StartedAt": "2026-01-01T00:00:00Z"}
    needs = needs_of_container({"State": state, "HostConfig": {"Binds": binds}})

    (problem,) = start_problems(needs, StartFacts(SimpleNamespace(get=lambda *_: {})))

    assert problem.startswith(f"there is no path {tmp_path}/gone.conf on this host, which volumes")
