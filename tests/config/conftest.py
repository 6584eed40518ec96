# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder for settings, for the modules of this folder that test them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.written_settings import Written


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path)
