# SPDX-License-Identifier: GPL-3.0-or-later
"""The secret with which fingerprints of options are made is one per installation, and private."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from webhook_bridge.state_folder import option_key


def test_it_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    state = tmp_path / "state"

    key = option_key(state)

    assert len(key) == 64
    assert option_key(state) == key
    [file] = state.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert option_key(tmp_path / "other") != key


def test_all_that_make_it_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(option_key, [tmp_path] * 64))

    assert len(keys) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["option-key"]
