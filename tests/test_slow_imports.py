# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import gc
import sys

import pytest

from webhook_bridge import slow_imports
from webhook_bridge.slow_imports import imported, kept_for_good


def test_garbage_is_collected_again_after_an_import_that_fails() -> None:
    try:
        with pytest.raises(ModuleNotFoundError):
            imported("webhook_bridge.there_is_none")

        assert gc.isenabled()
    finally:
        gc.unfreeze()


def test_what_was_made_meanwhile_is_not_looked_at_again() -> None:
    try:
        with kept_for_good():
            assert not gc.isenabled()
            made: list[list[int]] = [[]]

        assert not any(one is made for one in gc.get_objects())
    finally:
        gc.unfreeze()


def test_a_module_that_is_there_is_returned_and_nothing_is_frozen() -> None:
    before = gc.get_freeze_count()

    assert imported(slow_imports.__name__) is sys.modules[slow_imports.__name__]

    assert gc.get_freeze_count() == before
