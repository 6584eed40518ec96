# SPDX-License-Identifier: GPL-3.0-or-later
"""How often what many look at is rendered, however often something is committed meanwhile."""

from __future__ import annotations

import pytest

from webhook_bridge.web.pages.live import _Part


@pytest.mark.parametrize(
    ("took", "young_at", "old_at"), [(0.001, 10.9, 11.0), (0.2, 11.9, 12.0), (60.0, 14.9, 15.0)]
)
def test_a_part_that_takes_long_is_rendered_less_often(
    took: float, young_at: float, old_at: float
) -> None:
    part = _Part("state", "print", "<p>", made_at=10.0, took=took)

    assert part.is_young(now=young_at)
    assert not part.is_young(now=old_at)
