# SPDX-License-Identifier: GPL-3.0-or-later
"""An env file of the host: whether it can be read, and what it said before."""

from pathlib import Path

from ansible_collections.longshore.containers.plugins.module_utils._env_file import (
    env_file_problem,
    fingerprint,
)


def test_an_env_file_is_told_from_what_it_said_before(tmp_path: Path) -> None:
    file = tmp_path / "shop.env"
    file.write_text("A=1\n")
    before = fingerprint(str(file))
    file.write_text("A=2\n")

    assert fingerprint(str(file)) != before
    assert "" not in (before, fingerprint(str(file)))
    assert fingerprint(None) == env_file_problem(None) == ""


def test_an_env_file_that_is_not_there_is_in_the_way(tmp_path: Path) -> None:
    assert "cannot be read: No such file or directory: create it" in env_file_problem(
        str(tmp_path / "shop.env")
    )
