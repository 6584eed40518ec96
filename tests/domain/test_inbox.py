# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from webhook_bridge.domain.inbox import Receipt, WantedReceipts


def test_without_a_field_everything_is_wanted() -> None:
    assert WantedReceipts().is_everything


@pytest.mark.parametrize("field", ["hook", "verdict", "app", "tag", "text"])
def test_with_a_field_a_part_is_wanted(field: str) -> None:
    assert not WantedReceipts(**{field: "x"}).is_everything


@pytest.mark.parametrize(("status", "refused"), [(401, True), (None, False)])
def test_what_was_answered_with_a_status_was_refused(status: int | None, *, refused: bool) -> None:
    receipt = Receipt(1, "id", "hub", "::1", 1.0, None, "", status)

    assert receipt.is_refused is refused
