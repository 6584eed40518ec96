# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of tags of a repository."""

from __future__ import annotations

import pytest

from tests.support.fake_registry import (
    Asked,
    Says,
    always,
    client_of,
    fake_registry,
    image_of,
    page_of,
)
from webhook_bridge.registry.client import RegistryError


@pytest.mark.parametrize(
    "link",
    [
        '</v2/acme/shop/tags/list?last=2&n=2>; rel="next"',
        "<https://elsewhere.example/other?n=2&last=2>; rel=next",
        '</a>; rel="prev", <?last=2&n=2>; rel="next"',
    ],
)
def test_a_list_of_tags_goes_on_at_our_address_of_the_registry(link: str) -> None:
    def answer(asked: Asked) -> Says:
        return page_of(["3"]) if "last=2" in asked.path else page_of(["1", "2"], link)

    with fake_registry(answer) as registry:
        assert client_of(registry).tags_of(image_of(registry)) == ["1", "2", "3"]

        assert all(asked.path.startswith("/v2/acme/shop/tags/list?") for asked in registry.asked)
        assert len(registry.asked) == 2


def test_a_list_of_tags_without_an_end_is_an_error() -> None:
    endless = page_of([f"{number}" for number in range(9000)], '<?last=9>; rel="next"')
    with (
        fake_registry(always(endless)) as registry,
        pytest.raises(RegistryError, match=r"more tags than are read \(20000"),
    ):
        client_of(registry).tags_of(image_of(registry))


@pytest.mark.parametrize(
    ("says", "tags"),
    [
        (Says(404), []),
        (page_of([]), []),
        (Says(200, {}, b'{"tags": null}'), []),
        (Says(200, {}, b'{"name": "x"}'), []),
        (page_of(["1", "../../x", "{{ x }}", "-x", 5]), ["1"]),  # type: ignore[list-item]  # a hostile list
    ],
)
def test_only_tags_are_tags(says: Says, tags: list[str]) -> None:
    with fake_registry(always(says)) as registry:
        assert client_of(registry).tags_of(image_of(registry)) == tags
