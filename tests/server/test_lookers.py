# SPDX-License-Identifier: GPL-3.0-or-later
"""Many who open a page at once, as after a restart: they share a rendering, and hold up no hook."""

from __future__ import annotations

import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.page_server import serving_pages
from tests.support.waiting import wait_for
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.server.channels import RoomyServer
from webhook_bridge.web.pages import deliveries

LATER, OK = 20, 200


def test_all_who_came_before_a_rendering_began_are_given_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, came = list[str](), list[str]()
    may_go_on = threading.Event()
    page, add_task = deliveries.inbox.inbox_page, RoomyServer.add_task

    def held_page(*arguments: Any, **named: Any) -> Any:
        begun.append("a rendering")
        assert may_go_on.wait(30)
        shown = page(*arguments, **named)
        deliver()  # so that no part is of the state that there is
        return shown

    def counted_task(server: RoomyServer, task: Any) -> None:
        came.append(task.requests[0].path)
        add_task(server, task)

    monkeypatch.setattr(deliveries.inbox, "inbox_page", held_page)
    monkeypatch.setattr(RoomyServer, "add_task", counted_task)
    with (
        serving_pages(tmp_path, "shop") as (url, bridge),
        ThreadPoolExecutor(1 + LATER) as browsers,
    ):

        def deliver() -> None:
            bridge.accept(NewDelivery("hub", "dockerhub", "::1", {}, b"{}", 1.0))

        first = browsers.submit(opened, f"{url}/deliveries")
        wait_for(lambda: begun, "the first page is being rendered")
        later = [browsers.submit(opened, f"{url}/deliveries") for _ in range(LATER)]
        wait_for(lambda: came.count("/deliveries") == 1 + LATER, "all of them came")
        assert opened(f"{url}/healthz") == OK
        may_go_on.set()

        assert [one.result(30) for one in (first, *later)] == [OK] * (1 + LATER)

    # What was begun before they came might lack what they know of: it is begun once more for all.
    assert len(begun) == 2


def opened(url: str) -> int:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 -- http, to ourselves
        return int(answer.status)
