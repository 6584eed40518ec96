# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime

import pytest

from webhook_bridge.web.pages.shown import duration, sentence, when


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0.0 s"),
        (3.25, "3.2 s"),
        (42, "42 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (3601, "1 h"),
        (90 * 86400, "90 d"),
        (90_000, "1 d 1 h"),
        (None, "-"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float | None, shown: str) -> None:
    assert duration(seconds) == shown


def test_a_moment_is_in_utc_with_the_year_unless_it_is_this_one() -> None:
    assert when(0.0) == '<time datetime="1970-01-01T00:00:00Z">1 Jan 1970 00:00:00 UTC</time>'

    now = datetime.now(UTC)
    assert when(now.timestamp()).endswith(now.strftime(">%-d %b %H:%M:%S UTC</time>"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see `longshore check`", "see <code>longshore check</code>."),
        ("is it the right hook?", "is it the right hook?"),
        ("`<b>`", "<code>&lt;b&gt;</code>."),
        ("one ` alone", "one ` alone."),
    ],
)
def test_a_sentence_ends_once_and_its_names_are_code(text: str, shown: str) -> None:
    assert sentence(text) == shown
