# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from webhook_bridge.tags.notes import date_notes, range_note
from webhook_bridge.tags.schema import parse_track


@pytest.mark.parametrize(
    ("written", "better"), [(">=10", '">=10 <1000"'), ("*", '"<1000"'), (">=10 <9999", "<1000")]
)
def test_a_range_that_takes_dates_too_is_noted_with_its_bound(written: str, better: str) -> None:
    note = range_note(parse_track({"semver": written}))

    assert "takes a tag such as 2021.12.16 too" in str(note)
    assert better in str(note)


@pytest.mark.parametrize(
    "written", ["latest", {"semver": ">=10 <11"}, {"semver": ">=2021.1"}, {"pattern": "v[0-9]+"}]
)
def test_a_track_that_takes_no_dates_or_means_them_is_not_noted(written: object) -> None:
    assert range_note(parse_track(written)) is None


def test_a_date_that_is_taken_beside_versions_is_noted() -> None:
    [note] = date_notes(parse_track({"semver": "*"}), ["2021.12.16", "10.2.0", "9.1.0"])

    assert note.startswith("2021.12.16 reads as a date and counts as a version greater than 10.2.0")


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ({"semver": "*"}, ["10.2.0"]),
        ({"semver": "*"}, ["2021.12.16", "2021.11.2"]),
        ({"semver": "*"}, []),
        ("latest", ["latest"]),
    ],
)
def test_dates_alone_or_versions_alone_are_not_noted(written: object, taken: list[str]) -> None:
    assert date_notes(parse_track(written), taken) == []
