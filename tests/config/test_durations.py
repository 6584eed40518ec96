# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from webhook_bridge.config.durations import parse_duration, parse_pause


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("30s", 30),
        ("10m", 600),
        ("2h", 7200),
        ("1d", 86400),
        ("0.5s", 0.5),
        (" 5m ", 300),
        ("45", 45),
        (45, 45),
        (1.5, 1.5),
    ],
)
def test_a_duration_is_a_number_with_a_unit(written: object, seconds: float) -> None:
    assert parse_duration(written) == seconds


@pytest.mark.parametrize(
    "written",
    [
        "",
        "s",
        "-5s",
        "5 m",
        "1h30m",
        "1w",
        "inf",
        "٣s",
        "0",
        "0s",
        0,
        True,
        None,
        [],
        float("nan"),
        -1,
    ],
)
def test_anything_else_is_answered_with_examples(written: object) -> None:
    with pytest.raises(ValueError, match="must be a duration greater than 0, for example 30s"):
        parse_duration(written)


@pytest.mark.parametrize(("written", "seconds"), [(0, 0), ("0", 0), ("0s", 0), ("10m", 600)])
def test_a_pause_may_also_be_none_at_all(written: object, seconds: float) -> None:
    assert parse_pause(written) == seconds


@pytest.mark.parametrize("written", [False, "soon", -1])
def test_a_pause_is_a_duration_otherwise(written: object) -> None:
    with pytest.raises(ValueError, match="must be a duration of 0 or more"):
        parse_pause(written)
