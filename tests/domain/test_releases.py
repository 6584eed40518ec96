# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from webhook_bridge.domain.image_labels import ImageLabels
from webhook_bridge.domain.releases import Release, by_hand, versions_of

LABELS = ImageLabels("1.4.2")


def release(digest: str, tag: str | None, labels: ImageLabels | None = None) -> Release:
    return Release("shop", "r/shop", tag, digest, "deploy", "me", labels=labels)


def test_a_version_of_the_labels_names_a_digest_however_its_tag_moves() -> None:
    found = versions_of([release("a", "latest", LABELS), release("b", "latest")])

    assert found == {("shop", "a"): "1.4.2"}


def test_the_newest_tag_names_a_digest() -> None:
    found = versions_of([release("a", "1.4"), release("a", "stable"), release("a", None)])

    assert found == {("shop", "a"): "stable"}


def test_what_has_neither_has_no_name() -> None:
    assert versions_of([release("a", None)]) == {}


def test_the_words_of_whoever_holds_a_digest_stand_after_a_colon() -> None:
    assert by_hand("loses\n orders ") == "held by hand: loses orders"
    assert by_hand(" ") == by_hand(None) == "held by hand"
