# SPDX-License-Identifier: GPL-3.0-or-later
"""Hooks are answered however many look at pages."""

from __future__ import annotations

import json
import threading

import pytest

from webhook_bridge.web.thread_share import ThreadShare


class Holding:
    """An application whose answers wait until they are let through."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.go_on = threading.Event()

    def __call__(self, environ, start_response):
        self.entered.release()
        if environ["PATH_INFO"] != "/hooks/hub":
            self.go_on.wait(30)
        start_response("200 OK", [])
        return [b"ok"]


def ask(share: ThreadShare, path: str, accept: str = "*/*") -> tuple[str, dict[str, str], bytes]:
    said: list[tuple[str, dict[str, str]]] = []
    environ = {"PATH_INFO": path, "HTTP_ACCEPT": accept}
    body = b"".join(share(environ, lambda status, headers: said.append((status, dict(headers)))))
    return *said[0], body


@pytest.fixture
def held():
    """Eight threads, of which five hold pages."""
    application = Holding()
    share = ThreadShare(application, threads=8)
    threads = [threading.Thread(target=ask, args=(share, "/")) for _ in range(5)]
    for thread in threads:
        thread.start()
        assert application.entered.acquire(timeout=30)
    yield share
    application.go_on.set()
    for thread in threads:
        thread.join()


def test_the_sixth_page_is_asked_to_come_again(held: ThreadShare) -> None:
    status, headers, body = ask(held, "/api/v1/apps")

    assert status.startswith("503")
    assert headers["Retry-After"] == "1"
    assert json.loads(body)["error"] == "busy"


def test_a_person_is_told_so_by_a_page(held: ThreadShare) -> None:
    _, headers, body = ask(held, "/", "text/html")

    assert headers["Content-Type"].startswith("text/html")
    assert b"<h1>Busy</h1>" in body


def test_a_hook_is_answered_all_the_same(held: ThreadShare) -> None:
    assert ask(held, "/hooks/hub")[0] == "200 OK"


def test_a_share_is_given_back_after_an_error() -> None:
    def broken(environ, start_response):
        raise RuntimeError

    share = ThreadShare(broken, threads=1)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            ask(share, "/")
