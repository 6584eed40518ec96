# SPDX-License-Identifier: GPL-3.0-or-later
"""One switch per app, and per host, at a time."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.module_utils import _host_lock as locks
from ansible_collections.longshore.containers.plugins.module_utils._host_lock import (
    LockError,
    host_lock,
    origin,
)

SOCKET = "/var/run/docker.sock"
Lock = Callable[..., AbstractContextManager[str]]


@pytest.fixture
def lock(tmp_path: Path) -> Lock:
    """Take the locks of an app in a folder of its own, waiting for nobody."""
    folder = str(tmp_path / "locks")

    def take(app: str, **fields: Any) -> AbstractContextManager[str]:
        return host_lock(app, **{"socket_path": SOCKET, "wait": 0, "folder": folder, **fields})

    return take


def test_a_second_switch_of_the_app_says_who_holds_the_host(lock: Lock) -> None:
    said = rf"another switch holds this host \(shop, process {os.getpid()}"

    with lock("shop"), pytest.raises(LockError, match=said), lock("shop", wait=0.2):
        pass


def test_another_app_waits_too_and_says_for_whom(lock: Lock) -> None:
    with lock("shop"), pytest.raises(LockError, match=r"holds this host \(shop,"), lock("blog"):
        pass


def test_apps_that_share_the_host_do_not_wait_for_each_other(lock: Lock) -> None:
    with lock("shop", share_host=True), lock("blog", share_host=True) as waited_for:
        assert waited_for == ""


@pytest.mark.parametrize("shares", [True, False])
def test_an_app_that_does_not_share_excludes_one_that_does(lock: Lock, *, shares: bool) -> None:
    first, second = lock("shop", share_host=shares), lock("blog", share_host=not shares)

    with first, pytest.raises(LockError), second:
        pass


def test_another_daemon_on_the_same_machine_is_another_host(lock: Lock) -> None:
    with lock("shop"), lock("shop", socket_path="/run/other.sock") as waited_for:
        assert waited_for == ""


def test_who_had_to_wait_tells_for_whom_when_it_gets_the_host(
    lock: Lock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = lock("shop")
    first.__enter__()
    monkeypatch.setattr(locks.time, "sleep", lambda _s: first.__exit__(None, None, None))

    with lock("blog", wait=5) as waited_for:
        assert waited_for.startswith(f"shop, process {os.getpid()}")


def test_the_controller_is_found_by_its_ssh_connection_also_under_another_process() -> None:
    program = f"import sys; sys.path[:] = {sys.path!r}; from {origin.__module__} import origin"
    child = [sys.executable, "-c", f"{program}; print(origin())"]
    parent = f"import subprocess; print(subprocess.check_output({child!r}, env={{}}).decode())"
    environment = {**os.environ, "SSH_CONNECTION": "192.0.2.7 50000 192.0.2.1 22"}

    found = subprocess.check_output([sys.executable, "-c", parent], env=environment)

    assert found.decode().strip() == "192.0.2.7"


def test_a_folder_that_others_may_write_to_is_refused(lock: Lock, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)

    with (
        pytest.raises(LockError, match="only this user may write to"),
        lock("shop", folder=str(tmp_path)),
    ):
        pass


def test_a_link_in_place_of_the_folder_is_refused(lock: Lock, tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "locks").symlink_to(tmp_path / "target")

    with pytest.raises(LockError, match="only this user may write to"), lock("shop"):
        pass
