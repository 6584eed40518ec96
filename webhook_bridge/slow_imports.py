# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports that take long, without a search for garbage in what they make.

Modules are kept, and Python looks through all of them again and again while their number grows:
that was a sixth of the time that `longshore serve` took to start.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType


def imported(name: str) -> ModuleType:
    """Return a module, imported if it was not yet."""
    if name in sys.modules:
        return import_module(name)
    with kept_for_good():
        return import_module(name)


@contextmanager
def kept_for_good() -> Iterator[None]:
    """Import within: what is made is not searched for garbage, now or later (gc.freeze)."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
