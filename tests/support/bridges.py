# SPDX-License-Identifier: GPL-3.0-or-later
"""A bridge that is asked and does no work, for a whole module of questions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.installation import Installation
from webhook_bridge.service.bridge import Bridge


@contextmanager
def bridge_at_rest(folder: Path) -> Iterator[Bridge]:
    """Make one that was never started; what it is asked must change nothing."""
    made = Bridge(Installation(folder).settings())
    yield made
    made.store.close()
    made._lock.release()
