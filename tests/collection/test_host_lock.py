# SPDX-License-Identifier: GPL-3.0-or-later
"""One switch per app and host at a time."""

from pathlib import Path

import pytest
from ansible_collections.longshore.containers.plugins.module_utils.host_lock import (
    LockError,
    host_lock,
)

SOCKET = "/var/run/docker.sock"


def test_a_second_switch_of_the_app_says_who_holds_the_host(tmp_path: Path) -> None:
    folder = str(tmp_path / "locks")

    with (
        host_lock("shop", socket_path=SOCKET, wait=0, folder=folder),
        pytest.raises(LockError, match=r"another switch of shop holds this host \(process \d+"),
        host_lock("shop", socket_path=SOCKET, wait=0.2, folder=folder),
    ):
        pass


def test_another_app_does_not_wait(tmp_path: Path) -> None:
    folder = str(tmp_path / "locks")

    with (
        host_lock("shop", socket_path=SOCKET, wait=0, folder=folder),
        host_lock("blog", socket_path=SOCKET, wait=0, folder=folder),
    ):
        pass


def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)

    with (
        pytest.raises(LockError, match="only this user may write to"),
        host_lock("shop", socket_path=SOCKET, wait=0, folder=str(tmp_path)),
    ):
        pass


def test_a_link_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "locks").symlink_to(tmp_path / "target")

    with (
        pytest.raises(LockError, match="only this user may write to"),
        host_lock("shop", socket_path=SOCKET, wait=0, folder=str(tmp_path / "locks")),
    ):
        pass
