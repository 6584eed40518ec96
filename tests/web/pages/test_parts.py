# SPDX-License-Identifier: GPL-3.0-or-later
"""What many ask for at once is rendered once, and kept within bounds."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tests.support.waiting import wait_for
from webhook_bridge.web.pages.parts import Part, Parts


def part(html: str = "<p>", *, state: str = "1") -> Part:
    return Part(state, html, began_at=0.0)


def get(parts: Parts, key: str, render: Callable[[], Part], *, state: str = "1") -> Part:
    return parts.get((key,), is_right=lambda one: one.state == state, render=render)


class Rendering:
    """A rendering that ends when it is let, and counts how often it is begun."""

    def __init__(self) -> None:
        self.begun = 0
        self.started = threading.Event()
        self.may_end = threading.Event()

    def __call__(self) -> Part:
        self.begun += 1
        self.started.set()
        assert self.may_end.wait(30)
        return part()


def test_fifty_that_ask_at_once_share_one_rendering() -> None:
    parts, rendering, got = Parts(), Rendering(), list[Part]()
    threads = [
        threading.Thread(target=lambda: got.append(get(parts, "/", rendering))) for _ in range(50)
    ]
    for thread in threads:
        thread.start()
    wait_for(lambda: parts._turns[("/",)].asking == 50, "all of them wait")

    rendering.may_end.set()
    for thread in threads:
        thread.join()

    assert (rendering.begun, len(got), len({id(one) for one in got})) == (1, 50, 1)
    assert parts._turns == {}


def test_another_page_waits_for_no_rendering_of_this_one() -> None:
    parts, rendering = Parts(), Rendering()
    thread = threading.Thread(target=lambda: get(parts, "/", rendering))
    thread.start()
    assert rendering.started.wait(30)

    assert get(parts, "/hooks", lambda: part("other")).html == "other"

    rendering.may_end.set()
    thread.join()


def test_a_rendering_that_fails_is_not_kept_and_the_next_one_who_asks_tries_again() -> None:
    parts = Parts()

    def broken() -> Part:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        get(parts, "/", broken)

    assert get(parts, "/", lambda: part("well")).html == "well"
    assert parts._turns == {}


def test_a_part_of_another_state_is_rendered_anew() -> None:
    parts = Parts()
    get(parts, "/", lambda: part("old"))

    assert get(parts, "/", lambda: part("new", state="2"), state="2").html == "new"
    assert get(parts, "/", broken_off, state="2").html == "new"


def test_the_oldest_parts_go_where_there_are_many() -> None:
    parts = Parts(most=2)
    for key in ("/a", "/b", "/c"):
        get(parts, key, part)

    assert list(parts._parts) == [("/b",), ("/c",)]


@pytest.mark.parametrize(("length", "kept"), [(4, ["/b", "/c"]), (10, ["/c"]), (11, [])])
def test_the_oldest_parts_go_where_they_are_long(length: int, kept: list[str]) -> None:
    parts = Parts(most_characters=10)
    for key in ("/a", "/b", "/c"):
        assert get(parts, key, lambda: part("x" * length)).html == "x" * length

    assert [key for (key,) in parts._parts] == kept


def broken_off() -> Part:
    raise AssertionError("nothing has changed")
