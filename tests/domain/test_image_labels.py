# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from webhook_bridge.domain.image_labels import ImageLabels, read_labels, version_text

COMMIT = "0f3a9c1d2e4b5a69788796a5b4c3d2e1f0a1b2c3"


def labelled(**said: object) -> ImageLabels:
    return read_labels({f"org.opencontainers.image.{key}": value for key, value in said.items()})


def test_labels_are_read_by_their_keys() -> None:
    found = labelled(
        version="1.4.2",
        revision=COMMIT,
        source="https://git.example/acme/shop",
        created="2026-11-30T09:00:00Z",
        vendor="Acme",
    )

    assert found == ImageLabels(
        "1.4.2", COMMIT, "https://git.example/acme/shop", "2026-11-30T09:00:00Z"
    )


@pytest.mark.parametrize("labels", [None, [], "text", {}, {"version": "1.4.2"}])
def test_nothing_is_guessed_where_no_label_says_it(labels: object) -> None:
    assert read_labels(labels) == ImageLabels()


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("1.4.2\x1b[2J\n\r\x00", "1.4.2 [2J"),
        ("1.4.2\u202egnp", "1.4.2 gnp"),
        ("  1.4.2\t", "1.4.2"),
        ("x" * 10_000, "x" * 63 + "…"),
        ("x" * 64, "x" * 64),
        (["1.4.2"], ""),
        (142, ""),
    ],
)
def test_what_an_author_wrote_is_bounded_and_steers_no_terminal(said: object, kept: str) -> None:
    assert labelled(version=said).version == kept


@pytest.mark.parametrize("said", ["yesterday", "2026-11-30", "2026-11-30T09:00:00", "<b>"])
def test_a_time_that_is_none_is_left_out(said: str) -> None:
    assert labelled(created=said).created == ""


@pytest.mark.parametrize(
    ("labels", "tag", "text"),
    [
        (None, "latest", "latest"),
        (None, None, None),
        (ImageLabels(), "latest", "latest"),
        (ImageLabels(revision=COMMIT), "latest", "latest"),
        (ImageLabels("1.4.2"), "latest", "1.4.2"),
        (ImageLabels("1.4.2", COMMIT), "latest", "1.4.2 (0f3a9c1)"),
        (ImageLabels("1.4.2", "r123"), None, "1.4.2 (r123)"),
    ],
)
def test_the_version_stands_for_a_digest_and_else_its_tag(
    labels: ImageLabels | None, tag: str | None, text: str | None
) -> None:
    assert version_text(labels, tag) == text


@pytest.mark.parametrize(
    ("source", "link"),
    [
        ("https://git.example/shop", "https://git.example/shop"),
        ("http://git.example/shop", "http://git.example/shop"),
        ("javascript:alert(1)", None),
        ("", None),
    ],
)
def test_a_source_is_a_link_by_http_alone(source: str, link: str | None) -> None:
    assert ImageLabels(source=source).source_url == link
