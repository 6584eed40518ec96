# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases of one app, switched to on a daemon in memory."""

from typing import Any

from ansible_collections.longshore.containers.plugins.module_utils._health_gate import Health
from ansible_collections.longshore.containers.plugins.module_utils._switch_report import (
    Order,
    Report,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_run import switch

from tests.collection.fake_engine import FakeEngine


def name(number: int) -> str:
    return f"shop-{number:012x}"


def order(number: int, **fields: Any) -> Order:
    """Ask for a release, to be judged at once."""
    name = "" if "back_to" in fields else f"shop-{number:012x}"
    digest = f"sha256:{number:064x}"
    return Order(app="shop", name=name, digest=digest, health=Health(stable_for=0), **fields)


def deployed(engine: FakeEngine, number: int, **fields: Any) -> Report:
    """Stage a release as the role does, and switch to it."""
    engine.create(number)
    return switch(engine, order(number, **fields))
