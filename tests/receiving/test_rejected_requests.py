# SPDX-License-Identifier: GPL-3.0-or-later
"""The thread that keeps refused requests."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.support.waiting import wait_for
from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.receiving.rejected_requests import Rejections, rejection
from webhook_bridge.store import Store, rejected


def test_an_unexpected_error_does_not_end_the_thread(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_all, failures = rejected.add_all, itertools.count()

    def fail_once(*arguments: Any) -> None:
        if next(failures) == 0:
            raise ZeroDivisionError
        add_all(*arguments)

    monkeypatch.setattr(rejected, "add_all", fail_once)
    rejections = Rejections(store, interval_s=0.01)
    rejections.start()
    request = InboundRequest({}, b"", 1.0)

    def is_kept() -> bool:
        note = rejection(
            request, hook=None, status=401, code="unauthorized", detail="no", remote=""
        )
        rejections.note(note)
        with store.read() as connection:
            return bool(rejected.latest(connection, limit=1))

    wait_for(is_kept, "a refused request is kept after the error")
    rejections.stop()
